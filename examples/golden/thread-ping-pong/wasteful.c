/* thread-ping-pong, wasteful: hands each item over alone and waits for the other thread. [items] */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Items handed over at a time. */
#define BATCH 1

struct hatch {
	pthread_mutex_t lock;
	pthread_cond_t turned;
	int full;
	long items[BATCH];
};

static struct hatch hatch = {.lock = PTHREAD_MUTEX_INITIALIZER, .turned = PTHREAD_COND_INITIALIZER};
static long items;

/* What is done with each item: some microseconds of arithmetic (xorshift). */
static long use(long item)
{
	unsigned long mixed = (unsigned long)item + 1;

	for (int round = 0; round < 2048; round++) {
		mixed ^= mixed << 13;
		mixed ^= mixed >> 7;
		mixed ^= mixed << 17;
	}
	return (long)(mixed >> 8);
}

static void *produce(void *unused)
{
	for (long item = 0; item < items; item += BATCH) {
		pthread_mutex_lock(&hatch.lock);
		while (hatch.full)
			pthread_cond_wait(&hatch.turned, &hatch.lock);
		for (long i = 0; i < BATCH; i++)
			hatch.items[i] = item + i;
		hatch.full = 1;
		pthread_cond_signal(&hatch.turned);
		pthread_mutex_unlock(&hatch.lock);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t producer;
	long sum = 0;

	items = argc > 1 ? atol(argv[1]) : 20480;
	if (pthread_create(&producer, NULL, produce, NULL) != 0)
		return 1;
	for (long item = 0; item < items; item += BATCH) {
		pthread_mutex_lock(&hatch.lock);
		while (!hatch.full)
			pthread_cond_wait(&hatch.turned, &hatch.lock);
		for (long i = 0; i < BATCH; i++)
			sum ^= use(hatch.items[i]);
		hatch.full = 0;
		pthread_cond_signal(&hatch.turned);
		pthread_mutex_unlock(&hatch.lock);
	}
	pthread_join(producer, NULL);
	printf("%ld\n", sum);
	return 0;
}
