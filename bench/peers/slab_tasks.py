"""What is read of the 384-channel recording; every reader does the same."""

import numpy as np

ROWS, CHANNELS, CHANNEL, SCALARS = 60_000, 384, 17, 200


def digest(array):
    """Sum of value * place over the elements as unsigned 16-bit numbers, modulo 2^64."""
    values = np.ascontiguousarray(array, "<i2").reshape(-1).view("<u2")
    total = 0
    for start in range(0, len(values), 1 << 20):
        block = values[start : start + (1 << 20)].astype("u8")
        total += int((block * np.arange(start + 1, start + 1 + len(block), dtype="u8")).sum(dtype="u8"))
    return total % 2**64


def scalar_places(rows, columns):
    """The same pseudo-random places in every language: x' = 6364136223846793005 x + 1442695040888963407 mod 2^64."""
    state = 1
    for _ in range(SCALARS):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield (state >> 33) % rows, (state >> 20) % columns


TASKS = {
    "slab": lambda data: data[:ROWS, :],
    "channel": lambda data: data[:ROWS, CHANNEL],
    "scalars": lambda data: np.array([data[r, c] for r, c in scalar_places(*data.shape)]),
}
