"""Frozen dataclasses to and from what JSON can hold, without losing a bit.

JSON has no NaN and no infinity, and decimal text invites rounding, so a float becomes its
hexadecimal text (`0x1.8p+1`, `nan`, `-inf`); a large array's bytes become base64 text.
An enumeration becomes its member's name.
"""

from __future__ import annotations

import base64
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np

from diffcheck.dtype import is_floating
from diffcheck.verdict import Cause, Verdict

T = TypeVar("T")

# Larger arrays are for machines to read: as text they would make a run file several times larger.
LARGEST_AS_TEXT = 64

# A run written by a later version may hold members that this version does not know. They keep
# their name and are treated like these.
UNKNOWN: Mapping[type, Enum] = {Verdict: Verdict.INCONCLUSIVE, Cause: Cause.NONE}


def encode(value: Any) -> Any:
    """What JSON can hold for a dataclass, a mapping, a tuple, an array or a plain value."""
    if isinstance(value, np.ndarray):
        return _encode_array(value)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, float):
        return float(value).hex()
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    return value


def decode(kind: type[T], data: Any) -> T:
    """The value of this type that `encode` was given.

    Fields that the data lacks keep their default, and fields that the type does not know are
    left out, so that versions can read each other's files.
    """
    return cast("T", _decode(kind, data))


def _decode(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return None if data is None else _decode(get_args(kind)[0], data)
    if origin is tuple:
        return tuple(_decode(get_args(kind)[0], item) for item in data)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _decode(get_args(kind)[1], item) for key, item in data.items()}
    if kind is np.ndarray:
        return _decode_array(data)
    if kind is float:
        return float.fromhex(data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, data)
    if is_dataclass(kind):
        return _decode_fields(cast("type", kind), data)
    return data


def _encode_array(array: np.ndarray) -> dict[str, Any]:
    head = {"dtype": array.dtype.name, "shape": list(array.shape)}
    if array.size <= LARGEST_AS_TEXT:
        return {**head, "values": encode(array.ravel().tolist())}
    content = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return {**head, "base64": base64.b64encode(content).decode()}


def _decode_array(data: Mapping[str, Any]) -> np.ndarray:
    dtype = np.dtype(data["dtype"])
    if "base64" in data:
        flat = np.frombuffer(base64.b64decode(data["base64"]), dtype.newbyteorder("<")).astype(dtype)
    else:
        kind = float if is_floating(dtype) else int
        flat = np.array([_decode(kind, value) for value in data["values"]], dtype)
    return flat.reshape(data["shape"])


@cache
def _member(kind: type[Enum], name: str) -> Enum:
    """The member of this name; one that this version does not know behaves like `UNKNOWN[kind]`."""
    if name in kind.__members__:
        return kind[name]
    member = object.__new__(kind)
    member._name_ = name
    member._value_ = UNKNOWN[kind].value
    return member


def _decode_fields(kind: type, data: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}
    return kind(**{name: _decode(hints[name], item) for name, item in data.items() if name in known})
