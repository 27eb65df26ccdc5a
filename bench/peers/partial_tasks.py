"""What is read of an uncompressed recording through a handle that is open; every reader does the same."""

import numpy as np

ROWS, FIRST, SMALL_ROWS, SMALL_COLUMNS, CHANNEL, READS = 30_000, 1_000_000, 10, 96, 17, 1_000


def small(data, reads=READS):
    """1,000 times 1,920 bytes at random."""
    state, parts = 1, []
    for _ in range(reads):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        row = (state >> 33) % (data.shape[0] - SMALL_ROWS)
        parts.append(np.array(data[row : row + SMALL_ROWS, :SMALL_COLUMNS]))
    return np.concatenate(parts)


TASKS = {
    "small": small,
    "one": lambda data: small(data, 1),
    "channel": lambda data: np.array(data[FIRST : FIRST + ROWS, CHANNEL]),
    "run": lambda data: np.array(data[FIRST : FIRST + ROWS, :]),
}
