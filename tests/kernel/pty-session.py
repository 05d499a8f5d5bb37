"""Runs a command in the foreground of a terminal of its own and does to it what a user would.

Usage: pty-session.py STEPS COMMAND...   STEPS is a JSON list of
  ["await", text]   reads until the text appears
  ["type", text]    types it
  ["stopped"]       waits until the command has been stopped by the terminal
  ["continue"]      continues it in the foreground, as fg does
  ["pause", s]      lets it be
Prints JSON: what the terminal showed, the wait status in words, and whether it echoes afterwards.
"""
import json, os, pty, select, signal, sys, termios, time

LIMIT_S = 120
steps, command = json.loads(sys.argv[1]), sys.argv[2:]
terminal, slave = pty.openpty()
report_read, report_write = os.pipe()


def session():
    """The shell's part: a session leader with a job of its own in the foreground."""
    os.setsid()
    import fcntl
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    gate_read, gate_write = os.pipe()
    job = os.fork()
    if job == 0:
        os.close(gate_write)
        os.read(gate_read, 1)
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        for descriptor in (0, 1, 2):
            os.dup2(slave, descriptor)
        os.closerange(3, 64)
        os.execvp(command[0], command)
    os.setpgid(job, job)
    os.tcsetpgrp(slave, job)
    os.write(gate_write, b"!")
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            os.write(report_write, b"stopped %d\n" % job)
            continue
        how = b"signal %d" % os.WTERMSIG(status) if os.WIFSIGNALED(status) else b"status %d" % os.WEXITSTATUS(status)
        os.write(report_write, how + b"\n")
        os._exit(0)


leader = os.fork()
if leader == 0:
    session()
os.close(report_write)
deadline = time.monotonic() + LIMIT_S
shown, reports = b"", b""


def pump(timeout):
    """Reads what there is; false at the end of everything."""
    global shown, reports
    ready, _, _ = select.select([terminal, report_read], [], [], timeout)
    for descriptor in ready:
        try:
            data = os.read(descriptor, 65536)
        except OSError:
            data = b""
        if descriptor == terminal:
            shown += data
        else:
            reports += data
            if not data:
                return False
    if time.monotonic() > deadline:
        os.kill(leader, signal.SIGKILL)
        sys.exit("the session took longer than %d s; shown: %r" % (LIMIT_S, shown))
    return True


stops = 0
for step in steps:
    if step[0] == "await":
        while step[1].encode() not in shown and pump(1):
            pass
    elif step[0] == "type":
        os.write(terminal, step[1].encode())
    elif step[0] == "stopped":
        stops += 1
        while reports.count(b"stopped") < stops and pump(1):
            pass
    elif step[0] == "continue":
        os.killpg(int(reports.split(b"stopped ")[-1].split()[0]), signal.SIGCONT)
    elif step[0] == "pause":
        end = time.monotonic() + step[1]
        while time.monotonic() < end:
            pump(0.05)
while pump(1):
    pass
os.waitpid(leader, 0)
echoes = bool(termios.tcgetattr(slave)[3] & termios.ECHO)
print(json.dumps({"shown": shown.decode("utf-8", "replace"), "end": reports.decode().strip().split("\n")[-1], "echoes": echoes}))
