"""A plain loader is enough: Python through ctypes.   python3 hello.py [host:port]"""
import ctypes
import sys

rc = ctypes.CDLL("librediscluster.so.1")
for name in ("rc_options_new", "rc_cluster_open", "rc_command", "rc_reply_string", "rc_error_message"):
    getattr(rc, name).restype = ctypes.c_char_p if name in ("rc_reply_string", "rc_error_message") else ctypes.c_void_p
pointer = ctypes.c_void_p


def call(function, *arguments):
    error = pointer()
    result = function(*arguments, ctypes.byref(error))
    if error:
        raise RuntimeError(rc.rc_error_message(error).decode())
    return pointer(result)


def command(cluster, *words):
    arguments = (ctypes.c_char_p * len(words))(*(word.encode() for word in words))
    return call(rc.rc_command, cluster, ctypes.c_size_t(len(words)), arguments, None)


options = pointer(rc.rc_options_new())
call(rc.rc_options_add_address, options, (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:7000").encode())
cluster = call(rc.rc_cluster_open, options)
rc.rc_reply_free(command(cluster, "RPUSH", "queue", "hello, cluster"))
popped = command(cluster, "LPOP", "queue")
print(rc.rc_reply_string(popped, None).decode())
rc.rc_reply_free(popped)
rc.rc_cluster_free(cluster)
rc.rc_options_free(options)
