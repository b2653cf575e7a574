#if defined __aarch64__ && !defined __clang__
#pragma GCC target("no-outline-atomics") // Otherwise they are functions of gcc's library: see processors in kernels.go.
#endif
#include "parallel.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

// Helpers are threads of our own that wait for the next loop, awake for a while, as those of OpenMP do: to wake a thread
// takes as long as many a loop. XLA's own threads wait so as well, after XLA's operations, and then have the cores: where
// no helper comes at once, they are asked.
enum { AWAKE = 500 * 1000 }; // Nanoseconds.
enum { SOON = 40 };          // Rounds of waiting.

enum { MOST_SLOTS = 256 };

static atomic_bool busy; // Whether there is a loop: what follows is for one at a time.
static struct {
	void (*task)(void *work, int index, int slot);
	void *work;
	int count, slots;
	atomic_int taken; // How many slots have been given.
	struct {
		atomic_int next; // The first index of a slot's share that nobody has taken yet.
		char apart[60];  // Each in a line of the cache.
	} share[MOST_SLOTS];
} loop;
static atomic_ulong number; // Of the loop, while threads may come, and otherwise 0.
static atomic_int inside;   // Those that have come, or are about to.
static atomic_int asleep;   // Helpers that have to be woken.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;

// wait_a_little is for the i-th round of a loop that waits. The system may have taken the other thread's core away.
static void wait_a_little(int i) {
	if (i % 64 == 63) sched_yield();
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined __aarch64__
	__asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int start_of(int slot) { return (int)((int64_t)loop.count * slot / loop.slots); }

// compute computes the share of a slot: the same each time, so that a core finds in its own cache what it has written
// before. Then it computes what others have not come to.
static void compute(int slot) {
	for (int i = 0; i < loop.slots; i++) {
		int of = (slot + i) % loop.slots, end = start_of(of + 1), index;
		while ((index = atomic_fetch_add(&loop.share[of].next, 1)) < end) loop.task(loop.work, index, slot);
	}
}

// join takes part in a loop if it is still there.
static void join(unsigned long n) {
	atomic_fetch_add(&inside, 1);
	if (n && atomic_load(&number) == n) { // It does not end before this thread leaves.
		int slot = atomic_fetch_add(&loop.taken, 1);
		if (slot < loop.slots) compute(slot);
	}
	atomic_fetch_sub(&inside, 1);
}

// next_loop waits for another loop than the last one, and returns its number.
static unsigned long next_loop(unsigned long last) {
	unsigned long n;
	int64_t since = nanoseconds();
	for (int i = 0; i % 64 || nanoseconds() - since < AWAKE; i++) {
		n = atomic_load(&number);
		if (n && n != last) return n;
		wait_a_little(i);
	}
	pthread_mutex_lock(&mutex);
	atomic_fetch_add(&asleep, 1);
	while (n = atomic_load(&number), !n || n == last) pthread_cond_wait(&begun, &mutex);
	atomic_fetch_sub(&asleep, 1);
	pthread_mutex_unlock(&mutex);
	return n;
}

static void *help(void *unused) {
	for (unsigned long last = 0;;) join(last = next_loop(last));
	return unused;
}

static void help_once(void *unused) {
	(void)unused;
	join(atomic_load(&number));
}

// need_helpers starts helpers until there are so many, or fewer if the system has no more threads.
static void need_helpers(int count) {
	static int helpers;
	sigset_t all, old; // Signals are for Go's threads.
	sigfillset(&all);
	while (helpers < count) {
		pthread_t thread;
		pthread_sigmask(SIG_SETMASK, &all, &old);
		int failed = pthread_create(&thread, NULL, help, NULL);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
		if (failed) return;
		pthread_detach(thread);
		helpers++;
	}
}

// ask_xla asks XLA for so many of its threads. It may have none, or run the task at once in this thread.
static void ask_xla(const ffi_call *call, int count) {
	for (; count > 0; count--) {
		ffi_schedule schedule = {sizeof schedule, NULL, call->context, help_once, NULL};
		void *error = ((void *(*)(ffi_schedule *))call->api->functions[FFI_THREAD_POOL_SCHEDULE])(&schedule);
		if (!error) continue;
		ffi_error_destroy destroy = {sizeof destroy, NULL, error};
		((void (*)(ffi_error_destroy *))call->api->functions[FFI_ERROR_DESTROY])(&destroy);
		return;
	}
}

void parallel(const ffi_call *call, int count, int slots, void (*task)(void *work, int index, int slot), void *work) {
	if (slots > count) slots = count;
	if (slots > MOST_SLOTS) slots = MOST_SLOTS;
	if (slots <= 1 || atomic_exchange(&busy, true)) {
		for (int i = 0; i < count; i++) task(work, i, 0);
		return;
	}
	static unsigned long last;
	need_helpers(slots - 1);
	loop.task = task, loop.work = work, loop.count = count, loop.slots = slots;
	for (int i = 0; i < slots; i++) atomic_store(&loop.share[i].next, start_of(i));
	atomic_store(&loop.taken, 1);
	atomic_store(&number, ++last);
	for (int i = 0; i < SOON && atomic_load(&loop.taken) < slots; i++) wait_a_little(0);
	int missing = slots - atomic_load(&loop.taken);
	if (missing > 0) ask_xla(call, missing);
	if (atomic_load(&asleep)) {
		pthread_mutex_lock(&mutex);
		pthread_cond_broadcast(&begun);
		pthread_mutex_unlock(&mutex);
	}
	compute(0);
	atomic_store(&number, 0); // All has been taken. Who has taken it is inside.
	for (int i = 0; atomic_load(&inside); i++) wait_a_little(i);
	atomic_store(&busy, false);
}
