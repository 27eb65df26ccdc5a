"""What h5py says of a file: objects, links, attributes, values, chunks. Nothing here knows rutter."""

import collections

import h5py
import hdf5plugin  # noqa: F401  (registers the filters)
import numpy as np
from h5py import h5a, h5d, h5o, h5s, h5t

LINK_NAMES = {h5py.h5l.TYPE_HARD: "hard", h5py.h5l.TYPE_SOFT: "soft", h5py.h5l.TYPE_EXTERNAL: "external"}

Object = collections.namedtuple("Object", "path kind handle")
Link = collections.namedtuple("Link", "path kind target file")


def text(name):
    """A name as str; bytes that are no UTF-8 survive as surrogates."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def join(parent, name):
    return parent + name if parent == "/" else parent + "/" + name


def open_file(path):
    """The file, read-only, without locks; one that is marked as being written is opened as SWMR reader."""
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "SWMR" in str(error) or "already open for write" in str(error):
            return h5py.File(path, "r", locking=False, swmr=True, libver="latest")
        raise


def identity(handle):
    info = h5o.get_info(handle)
    return (info.fileno, info.addr)


def wrap(object_id):
    if isinstance(object_id, h5py.h5g.GroupID):
        return "group", h5py.Group(object_id)
    if isinstance(object_id, h5d.DatasetID):
        return "array", h5py.Dataset(object_id)
    return "type", h5py.Datatype(object_id)


def walk(file, skip=frozenset()):
    """Yields Object, Link and ("fault", path, cause), breadth first, names in byte order. {"begin": ...} comes before each
    step that runs inside libhdf5, so that a crash has a name."""
    yield {"begin": "the root group"}
    try:
        root = h5py.h5g.open(file.id, b"/")
        seen = {identity(root): "/"}
    except Exception as error:
        yield ("fault", "/", cause(error))
        return
    yield Object("/", "group", h5py.Group(root))
    queue = collections.deque([("/", root)])
    while queue:
        parent, group = queue.popleft()
        if f"names of {parent}" in skip:
            continue
        yield {"begin": f"names of {parent}"}
        try:
            names = sorted(group)
        except Exception as error:
            yield ("fault", parent, cause(error))
            continue
        for raw in names:
            path = join(parent, text(raw))
            if f"link {path}" in skip:
                continue
            yield {"begin": f"link {path}"}
            try:
                info = group.links.get_info(raw)
                if info.type == h5py.h5l.TYPE_SOFT:
                    yield Link(path, "soft", text(group.links.get_val(raw)), None)
                    continue
                if info.type == h5py.h5l.TYPE_EXTERNAL:
                    target_file, target = group.links.get_val(raw)
                    yield Link(path, "external", text(target), text(target_file))
                    continue
                if info.type != h5py.h5l.TYPE_HARD:
                    yield Link(path, "user", None, None)
                    continue
                child = h5o.open(group, raw)
                key = identity(child)
            except Exception as error:
                yield ("fault", path, cause(error))
                continue
            if key in seen:
                yield Link(path, "hard", seen[key], None)
                continue
            seen[key] = path
            kind, handle = wrap(child)
            yield Object(path, kind, handle)
            if kind == "group":
                queue.append((path, child))


def cause(error):
    """An exception as one short line."""
    line = " ".join(str(error).split())
    return f"{type(error).__name__}: {line[:140]}"


def attribute_names(handle):
    object_id = handle.id
    return [h5a.open(object_id, index=i).name for i in range(h5a.get_num_attrs(object_id))]


def num_elements(shape):
    total = 1
    for n in shape or ():
        total *= n
    return total


def chunk_table(dataset):
    """{chunk grid index: (offset, length, filter mask)} of a chunked dataset. Raises where libhdf5 names chunks that are not in the
    grid: its query walks an extensible array as if the first axis were the unlimited one. (Its reading of values does not.)"""
    chunks = dataset.chunks
    table = {}
    if 0 in dataset.shape:
        return table  # libhdf5 may name a chunk that holds no element

    def note(info):
        index = tuple(o // c for o, c in zip(info.chunk_offset, chunks))
        table[index] = (info.byte_offset, info.size, info.filter_mask)

    dataset.id.chunk_iter(note)
    grid = [-(-n // c) for n, c in zip(dataset.shape, chunks)]
    if len(grid) > 1 and dataset.maxshape[0] is not None and None in dataset.maxshape and any(i >= n for index in table for i, n in zip(index, grid)):
        raise ValueError("chunk names outside the grid of an extensible array")
    return table


def may_misname_chunks(dataset):
    """True where the query's fault may also name chunks inside the grid wrongly: then only the places can be compared."""
    return dataset.maxshape[0] is not None and dataset.maxshape.count(None) == 1


def plan(dataset, max_bytes=64 << 20):
    """Selections (tuples of slices, or () for all) that cover a dataset's start and end within `max_bytes`."""
    shape, item = dataset.shape, max(1, dataset.dtype.itemsize)
    if not shape or num_elements(shape) * item <= max_bytes:
        return [()]
    first, last = [], []
    budget = max(1, max_bytes // item)
    for n in reversed(shape):
        take = max(1, min(n, budget))
        budget = max(1, budget // take)
        first.append(slice(0, take))
        last.append(slice(n - take, n))
    return [tuple(reversed(first)), tuple(reversed(last))]


def reference_target(file, reference):
    """The object of a reference, or None for a null or dangling one."""
    if not reference:
        return None
    return file[reference]


def region_selection(file, reference):
    """("blocks"|"points"|"all"|"none", sorted corner list) of a region reference."""
    space = h5py.h5r.get_region(reference, file.id)
    kind = space.get_select_type()
    if kind == h5s.SEL_HYPERSLABS:
        blocks = space.get_select_hyper_blocklist()
        return "blocks", [(tuple(int(v) for v in b[0]), tuple(int(v) for v in b[1])) for b in blocks]
    if kind == h5s.SEL_POINTS:
        points = space.get_select_elem_pointlist()
        return "points", [tuple(int(v) for v in p) for p in points]
    return ("all", []) if kind == h5s.SEL_ALL else ("none", [])


def read(dataset, selection=()):
    """The values of a selection. Opaque and bit field types, for which libhdf5 has no conversion to h5py's own memory
    type, are read as they lie in the file."""
    try:
        value = dataset[selection] if dataset.shape is not None else dataset[()]
        file_type = dataset.id.get_type()
        return without_padding(swapped(value, file_type), file_type)
    except OSError:
        file_type = dataset.id.get_type()
        if file_type.get_class() not in (h5t.OPAQUE, h5t.BITFIELD) or selection or dataset.shape is None:
            raise
        return read_raw(dataset.id, file_type, dataset.shape)


def attribute(handle, raw):
    """The value of one attribute, by the same rule."""
    opened = h5a.open(handle.id, raw)
    try:
        return without_padding(swapped(handle.attrs[raw], opened.get_type()), opened.get_type())
    except OSError:
        file_type = opened.get_type()
        if file_type.get_class() not in (h5t.OPAQUE, h5t.BITFIELD):
            raise
        return read_raw(opened, file_type, opened.shape)


def without_padding(value, file_type):
    """libhdf5 leaves the padding of integers that begin at bit 0 and have fewer bits than their bytes in the number, where the
    type in memory has as many bytes (in a wider one the number comes out)."""
    if file_type.get_class() != h5t.INTEGER or file_type.get_precision() == 8 * file_type.get_size() or isinstance(value, h5py.Empty):
        return value
    shift = value.dtype.type(8 * value.dtype.itemsize - file_type.get_precision())
    return (value << shift) >> shift


def swapped(value, file_type):
    """h5py 3.16 gives sequences of big-endian numbers with their bytes as they lie in the file (h5dump does not)."""
    base = file_type.get_super() if file_type.get_class() == h5t.VLEN else None
    if base is None or base.get_class() not in (h5t.INTEGER, h5t.FLOAT) or base.get_size() == 1 or base.get_order() != h5t.ORDER_BE:
        return value
    if isinstance(value, np.ndarray) and value.dtype.hasobject:
        for index in np.ndindex(value.shape):
            if isinstance(value[index], np.ndarray) and value[index].dtype.isnative:
                value[index] = value[index].byteswap()
    elif isinstance(value, np.ndarray) and value.dtype.isnative:
        value = value.byteswap()
    return value


def read_raw(source, file_type, shape):
    out = np.zeros(shape, f"V{file_type.get_size()}")
    if isinstance(source, h5a.AttrID):
        source.read(out, mtype=file_type)
    else:
        source.read(h5s.ALL, h5s.ALL, out, mtype=file_type)
    if file_type.get_class() == h5t.BITFIELD and file_type.get_size() in (1, 2, 4, 8):
        order = ">" if file_type.get_order() == h5t.ORDER_BE else "<"
        out = out.view(f"{order}u{file_type.get_size()}").reshape(shape)
    return out if shape else out[()]


def has_npy_form(dataset, value):
    """True where `rutter read --out` is due to write it: no variable-length part, no reference, some dataspace."""
    return not isinstance(value, h5py.Empty) and not dataset.dtype.hasobject
