#!/usr/bin/env python3
"""Makes examples/recording.nwb: a small recording in the real NWB format, written by PyNWB.

    pip install pynwb==4.2.0 && python examples/make_recording.py

Everything in it is invented: one second of eight channels, two sorted units, a walking animal, ten trials.
"""
import datetime
import pathlib

import numpy as np
from hdmf.backends.hdf5.h5_utils import H5DataIO
from pynwb import NWBHDF5IO, NWBFile
from pynwb.behavior import Position
from pynwb.ecephys import ElectricalSeries
from pynwb.file import Subject

RATE_HZ = 12_500.0
SAMPLES, CHANNELS = 12_500, 8
UV_PER_COUNT = 0.195


def voltages(random, spikes):
    """Slow waves with some noise, in counts; every spike adds a short dip around its channel."""
    time = np.arange(SAMPLES) / RATE_HZ
    waves = np.stack([400 * np.sin(2 * np.pi * (6 + c) * time + c) for c in range(CHANNELS)], axis=1)
    noise = random.integers(-3, 4, size=waves.shape)
    dip = -300 * np.exp(-np.arange(30) / 8.0)
    for unit, times in enumerate(spikes):
        for at in (times * RATE_HZ).astype(int):
            end = min(at + dip.size, SAMPLES)
            waves[at:end, 2 + 3 * unit] += dip[: end - at]
    return np.round(waves + noise).astype("<i2")


def main():
    random = np.random.default_rng(20240311)
    start = datetime.datetime(2024, 3, 11, 9, 30, tzinfo=datetime.timezone.utc)
    nwb = NWBFile(session_description="A rat walks along a track while eight channels are recorded", identifier="rutter-example-1",
                  session_start_time=start, file_create_date=start, experimenter=["Example, Anna"], lab="Example lab",
                  institution="Nowhere in particular", session_id="example-1", keywords=["example", "invented"])
    nwb.subject = Subject(subject_id="R1", species="Rattus norvegicus", sex="F", age="P90D", description="An invented rat")

    device = nwb.create_device("probe", description="Eight sites in a row")
    shank = nwb.create_electrode_group("shank0", description="The only shank", location="CA1", device=device)
    for channel in range(CHANNELS):
        nwb.add_electrode(x=0.0, y=25.0 * channel, z=0.0, location="CA1", group=shank)
    spikes = [np.sort(random.uniform(0, 0.99, size=count)) for count in (38, 21)]
    nwb.add_acquisition(ElectricalSeries(
        name="ElectricalSeries", description="Raw voltages",
        data=H5DataIO(voltages(random, spikes), compression="gzip", compression_opts=6, shuffle=True, fletcher32=True,
                      chunks=(2_500, CHANNELS)),
        electrodes=nwb.create_electrode_table_region(list(range(CHANNELS)), "all sites"),
        starting_time=0.0, rate=RATE_HZ, conversion=UV_PER_COUNT * 1e-6))

    nwb.add_unit_column("quality", "what the sorter thought of it")
    for times, quality in zip(spikes, ("good", "mua")):
        nwb.add_unit(spike_times=times, quality=quality)

    time = np.arange(100) / 100.0
    position = Position(name="Position")
    position.create_spatial_series(name="head", data=np.stack([np.cos(time), np.sin(time)], axis=1), timestamps=time,
                                   reference_frame="centre of the track", unit="meters")
    nwb.create_processing_module("behavior", "where the animal was").add(position)
    nwb.add_trial_column("rewarded", "whether there was a drop of juice")
    for trial in range(10):
        nwb.add_trial(start_time=0.1 * trial, stop_time=0.1 * trial + 0.08, rewarded=bool(trial % 3))

    path = pathlib.Path(__file__).with_name("recording.nwb")
    with NWBHDF5IO(path, "w") as file:
        file.write(nwb, cache_spec=False)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
