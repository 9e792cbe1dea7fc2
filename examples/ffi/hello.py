# A plain loader is enough: Python through ctypes.   python3 hello.py [host:port]
import ctypes
import sys

rc = ctypes.CDLL("librediscluster.so.1")
rc.rc_reply_string.restype = rc.rc_error_message.restype = ctypes.c_char_p


def call(function, *arguments):
    function.restype = ctypes.c_void_p  # else an int, too short for a pointer
    error = ctypes.c_void_p()
    result = ctypes.c_void_p(function(*arguments, ctypes.byref(error)))
    return sys.exit(rc.rc_error_message(error).decode()) if error else result


def command(*words):
    return call(rc.rc_command, cluster, ctypes.c_size_t(len(words)), (ctypes.c_char_p * len(words))(*words), None)


options = call(rc.rc_options_from_url, f"redis://{[*sys.argv, '127.0.0.1:7000'][1]}".encode())
cluster = call(rc.rc_cluster_open, options)
rc.rc_reply_free(command(b"RPUSH", b"queue", b"hello, cluster"))
popped = command(b"LPOP", b"queue")
print(rc.rc_reply_string(popped, None).decode())
rc.rc_reply_free(popped)
rc.rc_cluster_free(cluster)
rc.rc_options_free(options)
