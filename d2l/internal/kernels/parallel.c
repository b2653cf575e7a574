#if defined __aarch64__ && !defined __clang__
#pragma GCC target("no-outline-atomics") // Otherwise they are functions of gcc's library: see processors in kernels.go.
#endif
#include "parallel.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

// Helpers are threads of XLA's, which go on to the next loop if that begins soon: to wake a thread takes as long as many a
// loop. But XLA needs them for its own operations, so they do not stay for long.
enum { STAY = 50 * 1000 }; // Nanoseconds.

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
static atomic_ulong number; // Of the loop, while helpers may come, and otherwise 0.
static atomic_int helpers;  // Those that wait for one, and those that XLA has been asked for.
static atomic_int inside;   // Those that have come, or are about to.

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

static void help(void *unused) {
	(void)unused;
	unsigned long last = 0;
	int64_t since = nanoseconds();
	for (int i = 0; i % 64 || nanoseconds() - since < STAY; i++) {
		unsigned long n = atomic_load(&number);
		if (!n || n == last) {
			wait_a_little(i);
			continue;
		}
		atomic_fetch_add(&inside, 1);
		if (atomic_load(&number) == n) { // The loop does not end before this helper leaves.
			int slot = atomic_fetch_add(&loop.taken, 1);
			if (slot < loop.slots) compute(slot);
		}
		atomic_fetch_sub(&inside, 1);
		last = n, i = 0, since = nanoseconds();
	}
	atomic_fetch_sub(&helpers, 1);
}

// ask_for_helpers asks XLA for as many threads as are missing. It may have none, or run a helper at once in this thread.
static void ask_for_helpers(const ffi_call *call, int count) {
	for (int missing = count - atomic_load(&helpers); missing > 0; missing--) {
		atomic_fetch_add(&helpers, 1);
		ffi_schedule schedule = {sizeof schedule, NULL, call->context, help, NULL};
		void *error = ((void *(*)(ffi_schedule *))call->api->functions[FFI_THREAD_POOL_SCHEDULE])(&schedule);
		if (!error) continue;
		ffi_error_destroy destroy = {sizeof destroy, NULL, error};
		((void (*)(ffi_error_destroy *))call->api->functions[FFI_ERROR_DESTROY])(&destroy);
		atomic_fetch_sub(&helpers, 1);
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
	loop.task = task, loop.work = work, loop.count = count, loop.slots = slots;
	for (int i = 0; i < slots; i++) atomic_store(&loop.share[i].next, start_of(i));
	atomic_store(&loop.taken, 1);
	atomic_store(&number, ++last);
	ask_for_helpers(call, slots - 1);
	compute(0);
	atomic_store(&number, 0); // All has been taken. Who has taken it is inside.
	for (int i = 0; atomic_load(&inside); i++) wait_a_little(i);
	atomic_store(&busy, false);
}
