"""Shows replies and errors in gdb as what they are: gdb -x tools/gdb.py --args build/dev/tests/PROGRAM

  (gdb) print *reply
  $1 = array of 3: ["OK", nil, error(kServer, kExecuted): "WRONGTYPE ..."]
"""
import gdb

LONGEST = 32  # elements of an array, and levels of arrays
TEXTS = ("kStatus", "kString", "kBigNumber", "kVerbatim", "kDouble")


def name_of(value):
    """kArray, of an enum's value."""
    return str(value).rpartition("::")[2]


def show_error(error):
    return f'error({name_of(error["code"])}, {name_of(error["outcome"])}): {error["message"].string(errors="replace")!r}'


def show_reply(reply, levels=LONGEST):
    kind = name_of(reply["type"])
    length = int(reply["length"])
    if kind == "kNil":
        return "nil"
    if kind == "kInteger":
        return str(int(reply["integer"]))
    if kind == "kBool":
        return "true" if int(reply["integer"]) else "false"
    if kind == "kError":
        return show_error(reply["error"].dereference())
    if kind in TEXTS:
        return repr(reply["text"].string(errors="replace", length=length))
    if levels == 0:
        return "..."
    elements = [show_reply(reply["elements"][i], levels - 1) for i in range(min(length, LONGEST))]
    return f'{kind[1:].lower()} of {length}: [{", ".join(elements + ["..."] * (length > LONGEST))}]'


class Printer:
    def __init__(self, show, value):
        self.show, self.value = show, value

    def to_string(self):
        return self.show(self.value)


def find(value):
    name = value.type.strip_typedefs().unqualified().name
    show = {"rc_reply": show_reply, "rc_error": show_error, "rediscluster::Error": show_error}.get(name)
    return show and Printer(show, value)


gdb.pretty_printers.append(find)
