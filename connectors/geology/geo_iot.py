"""Messages of geological-hazard gateways (``Lx_XX_n``, protocol of 2023) -> ``observation`` and ``station``.

One message may hold many devices and many instants (what a gateway kept while it had no network). The first channel
of a kind is the device itself (``station_code`` = device), further channels are points of their own
(``100054920/L1_LF_2``), and a channel that is mapped to a child device has the child's code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from connectors import observation, station
from connectors.cipher import Cipher
from connectors.errors import ConfigurationError
from connectors.geology.geo_iot_reading import Reading
from connectors.geology.geo_iot_wire import FORMAT, Device, Keys, devices
from connectors.model import About, Parsed, Payload, Reject
from connectors.refusal import RefusedError

ABOUT = About(
    title="地质灾害监测 Lx_XX_n, geological-hazard monitoring over MQTT",
    reads="Messages of gateways, one per payload or one per line: `$dp`, `/sys/.../thing/property/post`, and the "
    "platform's {deviceCode, time, keyValues}.",
    quirks=(
        "Plain, behind a frame head (type byte, big-endian length), behind control bytes, or AES per appId.",
        "A leaf may be an object or a bare number; a message may hold many devices and many instants.",
        "The first channel of a kind is the device itself, others are `device/L1_LF_2`; a declared child "
        "(`children`) or a sub-device topic goes before both.",
        "Instants with Z or an offset are what they say, others are in the contract's zone.",
        "A value without an instant counts as observed when it was received, and is told.",
        "Position and firmware of a status message make the station; horns (L4_LB) are not measured and only told.",
        "`singal_nb` and other misspellings are known.",
    ),
    limits=(
        "[K] Mode, padding and spelling of the AES keys are not published: the option `cipher` declares them.",
        "[K] Units of several leaves are not stated by the code list; they land with the unit `unstated`.",
        "[K] The codes of sensor_state (0 is normal) and the period of rain values are not published.",
        "Files and firmware (frame types 3 and 4), DES and 3DES are refused.",
    ),
    verified=("own fixtures after a public implementation's protocol notes",),
)


class GeoIotParser:
    """Options: ``keys`` (appId -> AES key), ``cipher`` (see connectors.cipher), ``children`` (device -> identifier ->
    child device), ``zone`` of instants without one, ``crs`` of positions.
    """

    format = FORMAT
    tables: Mapping[str, pa.Schema] = {observation.TABLE: observation.SCHEMA, station.TABLE: station.SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        reading = Reading(payload.fetched_at, options)
        try:
            for found in devices(payload.body, payload.facts.get("topic", payload.name), _keys(options)):
                if isinstance(found, Device):
                    reading.device(found)
                else:
                    where, error = found
                    reading.rejects.append(Reject(where, error.rule, str(error), observation.TABLE))
        except RefusedError as error:
            return Parsed({}, [Reject("payload", error.rule, str(error), observation.TABLE)])
        return reading.parsed()


PARSER = GeoIotParser()


def _keys(options: Mapping[str, Any]) -> Keys:
    named = options.get("keys") or {}
    if not isinstance(named, Mapping):
        raise ConfigurationError("The option keys is no mapping", remedy="write it as keys: {appId: ${VARIABLE}}")
    known = {str(app): str(key) for app, key in named.items() if key and "${" not in str(key)}
    try:
        return Keys(known, Cipher(**(options.get("cipher") or {})))
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"The option cipher is declared wrong: {error}", remedy="correct the property connector of the contract"
        ) from None
