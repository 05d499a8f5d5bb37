/*
 * echo-load: a process of its own that sends requests over TCP connections on loopback and checks
 * the answers. It sends one request on each connection, then waits for all answers: what the server
 * finds ready at once grows with the connections.
 */
#ifndef CROSSBILL_ECHO_LOAD_H
#define CROSSBILL_ECHO_LOAD_H

#include <stdint.h>
#include <sys/types.h>

#include "parameters.h"

#define ECHO_CONNECTIONS_MAX 1024u
#define ECHO_BYTES_MAX 4096u

struct echo_shared;

struct echo_load {
	unsigned int connections;
	/* Bytes of a request and of its answer, which are the same bytes. */
	unsigned int bytes;
	/* The server's ends. */
	int fds[ECHO_CONNECTIONS_MAX];
	int wake;
	pid_t client;
	struct echo_shared *shared;
};

/*
 * Reads `connections` and `bytes`, connects, and puts server and client on a CPU each where there
 * are two. Returns 0 or -errno.
 */
int echo_load_open(struct echo_load *load, struct parameters *parameters);
/* The client begins to send exactly `requests` requests. */
int echo_load_start(struct echo_load *load, uint64_t requests);
/* Waits until the client has all answers. Returns 0, or -EIO when one was wrong or missing. */
int echo_load_finish(struct echo_load *load);
void echo_load_close(struct echo_load *load);
/* How often the calling thread has gone to sleep so far, as the kernel counts it. */
uint64_t echo_sleeps(void);

#endif
