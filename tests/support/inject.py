"""Makes another process execute system calls, as an attacker does who has taken it over.

For root, x86-64, and processes that wait in a system call: their program counter stands behind a
SYSCALL instruction, which is used again. Afterwards the process goes on as if interrupted by a
signal that nobody handles.
"""
import ctypes
import os
import signal

PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_ATTACH, PTRACE_DETACH, PTRACE_SINGLESTEP = 12, 13, 16, 17, 9
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp "
             "ss fs_base gs_base ds es fs gs").split()
SYSCALL = b"\x0f\x05"
SCRATCH_BELOW_STACK = 8192

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


class Registers(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in REGISTERS]


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Taken:
    """A process that does what we say, within a with statement."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        ptrace(PTRACE_ATTACH, self.pid)
        os.waitpid(self.pid, 0)
        self.saved = Registers()
        ptrace(PTRACE_GETREGS, self.pid, ctypes.byref(self.saved))
        self.memory = open(f"/proc/{self.pid}/mem", "r+b", buffering=0)
        self.memory.seek(self.saved.rip - len(SYSCALL))
        assert self.memory.read(len(SYSCALL)) == SYSCALL, "the process was not in a system call"
        return self

    def __exit__(self, *_):
        ptrace(PTRACE_SETREGS, self.pid, ctypes.byref(self.saved))
        self.memory.close()
        ptrace(PTRACE_DETACH, self.pid)

    def text(self, text, place=0):
        """Puts bytes where nothing of the process lies; their address."""
        address = self.saved.rsp - SCRATCH_BELOW_STACK + 256 * place
        self.memory.seek(address)
        self.memory.write(text + b"\0")
        return address

    def call(self, number, *arguments):
        """What the system call answers: a number, negative for an error."""
        registers = Registers.from_buffer_copy(self.saved)
        registers.rip -= len(SYSCALL)
        registers.rax, registers.orig_rax = number, ctypes.c_ulonglong(-1).value
        for name, value in zip("rdi rsi rdx r10 r8 r9".split(), (*arguments, *[0] * 6)):
            setattr(registers, name, ctypes.c_ulonglong(value).value)
        ptrace(PTRACE_SETREGS, self.pid, ctypes.byref(registers))
        ptrace(PTRACE_SINGLESTEP, self.pid)
        _, status = os.waitpid(self.pid, 0)
        assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTRAP, hex(status)
        ptrace(PTRACE_GETREGS, self.pid, ctypes.byref(registers))
        return ctypes.c_longlong(registers.rax).value
