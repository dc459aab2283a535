"""Descriptions of the protocol for other programs, made from the typed messages: JSON Schemas and AsyncAPI.

Fields that a schema does not name may be there: peers send some of their own, and later servers may say more.
"""

from dragoman_wire.schema.asyncapi import asyncapi
from dragoman_wire.schema.messages import bundle, event_schemas, request_schemas
from dragoman_wire.schema.structures import Schema

__all__ = ["Schema", "asyncapi", "bundle", "event_schemas", "request_schemas"]
