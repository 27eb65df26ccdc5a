"""hidefix: its index of one dataset's chunks, or of a whole file."""

import hidefix
import timing

path, repeats, cold, _ = timing.arguments()


def action():
    index = hidefix.Index(path)
    return str(index)[:40]


timing.run(action, repeats, cold)
