/*
 * Owning descriptors, passing them, and whole reads and writes. No process state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

/* Closes *fd unless it is < 0 and sets it to -1; keeps errno. */
void fd_close(int *fd);

static inline void fd_close_cleanup(int *fd)
{
	fd_close(fd);
}
#define _cleanup_fd_ __attribute__((cleanup(fd_close_cleanup)))

/* Returns the descriptor and leaves -1 behind: hands ownership over. */
static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Sets or clears O_NONBLOCK. 0 or -errno. */
int fd_set_nonblocking(int fd, bool nonblocking);

/* Clears FD_CLOEXEC so that the descriptor survives exec. 0 or -errno. */
int fd_keep_on_exec(int fd);

/* Reads until `len` bytes, end of file or an error. Bytes read (short only at end of file) or
 * -errno. */
ssize_t fd_read_all(int fd, void *buf, size_t len);

/* Writes all `len` bytes. 0 or -errno. */
int fd_write_all(int fd, const void *buf, size_t len);

/*
 * Sends one packet with up to FD_PASS_MAX descriptors (borrowed). MSG_NOSIGNAL. 0 or -errno
 * (-EAGAIN: the socket is non-blocking and full; nothing was sent).
 */
#define FD_PASS_MAX 8
int fd_send(int socket, const void *buf, size_t len, const int *fds, size_t n_fds);

/*
 * Receives one packet of a SOCK_SEQPACKET socket. Received descriptors (O_CLOEXEC, owned by the
 * caller) go to fds[], their number to *n_fds (in: capacity, at most FD_PASS_MAX). Returns the
 * packet's length, 0 at end of file, -errno; -EMSGSIZE if packet or descriptors did not fit (all
 * received descriptors are closed then).
 */
ssize_t fd_receive(int socket, void *buf, size_t len, int *fds, size_t *n_fds);

/*
 * A sealed, read-only memory file that holds a copy of `buf`; its offset is 0. Descriptor
 * (O_CLOEXEC) or -errno. memfd_create(2), seals F_SEAL_SHRINK|GROW|WRITE|SEAL.
 */
int fd_sealed_copy(const char *name, const void *buf, size_t len);
