"""live-torture: what Python does with descriptors, unbuffered; its output says what it saw.

live-torture.py FILE
"""
import mmap
import os
import select
import signal
import subprocess
import sys
import threading

path = sys.argv[1]


def say(what, value):
    sys.stdout.write(f"{what}={value}\n")


def unbuffered_files():
    with open(path, "wb", buffering=0) as raw:
        for number in range(300):
            raw.write(b"%d\n" % number)
        say("tell", raw.tell())
        raw.seek(10)
        raw.write(b"ten")
        say("size", os.fstat(raw.fileno()).st_size)
    with open(path, "rb", buffering=0) as raw:
        say("lines", [raw.readline() for _ in range(20)])
        say("where", os.lseek(raw.fileno(), 0, os.SEEK_CUR))
        raw.seek(-7, os.SEEK_END)
        say("end", raw.read())
        with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            say("mapped", mapped[:6])
    with open(path, "r+b", buffering=0) as raw:
        for number in range(30):
            raw.write(b"+")
            say("next", raw.read(1))
        raw.truncate(100)
        say("short", len(open(path, "rb").read()))


def children():
    with open(path, "rb", buffering=0) as raw:
        say("first", [raw.read(1) for _ in range(5)])
        done = subprocess.run(["head", "-c", "7"], stdin=raw, capture_output=True)
        say("child", done.stdout)
        say("rest", [raw.read(1) for _ in range(3)])
    echo = subprocess.Popen(["cat", "-u"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    for number in range(50):
        echo.stdin.write(b"%d" % (number % 10))
        if number % 5 == 0:
            select.select([echo.stdout], [], [])
        say("echo", echo.stdout.read(1))
    echo.stdin.close()
    say("ended", echo.wait())
    child = os.fork()
    if child == 0:
        os.write(1, b"in the child\n")
        os._exit(5)
    say("forked", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def broken_pipe():
    """The first write says that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        os.write(write, b"nobody")
        os.close(write)
        say("broken", "not told")
    except BrokenPipeError as error:
        say("broken", error.errno)


def threads():
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_TRUNC)
    workers = [
        threading.Thread(target=lambda: [os.write(descriptor, b"0123\n") for _ in range(500)])
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    os.close(descriptor)
    say("threads", sorted(set(open(path, "rb").read().split(b"\n"))))


for part in (unbuffered_files, children, broken_pipe, threads):
    part()
print("to stderr", file=sys.stderr)
