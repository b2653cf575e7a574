#include "max_pool.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"
#include <string.h>

// As many planes as one thread computes at a time.
static int planes_at_once(const max_pool *p) { return (1 << 14) / (p->image[0] * p->image[1]) + 1; }

static void unpool_plane(const max_pool *p, int64_t plane) {
	int64_t image = (int64_t)p->image[0] * p->image[1], result = (int64_t)p->result[0] * p->result[1];
	float *dx = p->dx + plane * image;
	memset(dx, 0, image * sizeof(float));
	for (int64_t at = plane * result; at < (plane + 1) * result; at++) dx[p->places[at]] += p->dy[at];
}

static void compute_planes(void *work, int part, int thread) {
	(void)thread;
	const max_pool *p = work;
	int64_t first = (int64_t)part * planes_at_once(p), end = first + planes_at_once(p);
	for (int64_t plane = first; plane < end && plane < p->planes; plane++) (p->dx ? unpool_plane : implemented->pool_plane)(p, plane);
}

// Places of the settings in the first argument; those of two numbers are of height and width.
enum { WINDOW, STRIDES = WINDOW + 2, PADDING = STRIDES + 2, THREADS = PADDING + 2 };

static const char *compute(const ffi_call *call, max_pool p) {
	const int32_t *settings = call->args.buffers[0]->data;
	const ffi_buffer *x = call->args.buffers[1];
	p.planes = x->dims[0] * x->dims[1], p.x = x->data;
	for (int axis = 0; axis < 2; axis++) {
		p.image[axis] = x->dims[2 + axis], p.window[axis] = settings[WINDOW + axis];
		p.strides[axis] = settings[STRIDES + axis], p.padding[axis] = settings[PADDING + axis];
		p.result[axis] = (p.image[axis] + 2 * p.padding[axis] - p.window[axis]) / p.strides[axis] + 1;
	}
	int at_once = planes_at_once(&p);
	parallel(call, (int)((p.planes + at_once - 1) / at_once), settings[THREADS], compute_planes, &p);
	return NULL;
}

const char *max_pool_forward(const ffi_call *call) {
	ffi_buffer **r = call->results.buffers;
	if (call->args.count != 2 || call->results.count != 2) return "d2l: a maximum pooling has other arguments";
	return compute(call, (max_pool){.y = r[0]->data, .places = r[1]->data});
}

const char *max_pool_dx(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers;
	if (call->args.count != 4 || call->results.count != 1) return "d2l: a maximum pooling's gradient has other arguments";
	return compute(call, (max_pool){.places = a[2]->data, .dy = a[3]->data, .dx = call->results.buffers[0]->data});
}
