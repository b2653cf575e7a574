#include "batch_norm.h"
#include "handlers.h"
#include "implementation.h"
#include "parallel.h"
#include <float.h>
#include <string.h>

// Places of the settings in the first argument.
enum { ACTIVATION, EPSILON, THREADS };

static batch_norm new_batch_norm(const int64_t x[4]) {
	batch_norm p = {.batch = x[0], .channels = x[1], .area = x[2] * x[3]};
	p.at_once = (int)((1 << 13) / ((int64_t)p.channels * p.area)) + 1;
	p.parts = (p.batch + p.at_once - 1) / p.at_once;
	return p;
}

int64_t batch_norm_memory(const int64_t *x) {
	batch_norm p = new_batch_norm(x);
	return ((int64_t)p.parts * p.channels * sizeof(struct sums) + p.channels * sizeof(struct line)) / sizeof(float);
}

// inverse_root returns 1/√x for a positive x, by Newton's method: sqrt is a function of C's library for mathematics, which
// is not linked.
static double inverse_root(double x) {
	if (x > FLT_MAX) return 0; // Of numbers whose squares are infinite.
	int64_t bits;
	memcpy(&bits, &x, sizeof x);
	bits = INT64_C(0x5fe6eb50c7b537a9) - (bits >> 1);
	double root;
	memcpy(&root, &bits, sizeof x);
	for (int i = 0; i < 5; i++) root *= 1.5 - 0.5 * x * root * root;
	return root;
}

// start reads the arguments that all functions have.
static batch_norm start(const ffi_call *call, float *memory) {
	ffi_buffer **a = call->args.buffers;
	batch_norm p = new_batch_norm(a[1]->dims);
	const int32_t *settings = a[0]->data;
	p.activation = settings[ACTIVATION], p.threads = settings[THREADS], p.x = a[1]->data;
	p.lines = (struct line *)memory, p.sums = (struct sums *)(p.lines + p.channels);
	return p;
}

typedef struct {
	const batch_norm *p;
	norm_step step;
} work;

static void compute_part(void *w, int part, int thread) {
	(void)thread;
	implemented->batch_norm[((work *)w)->step](((work *)w)->p, part);
}

static void compute(const ffi_call *call, const batch_norm *p, norm_step step) {
	work w = {p, step};
	parallel(call, p->parts, p->threads, compute_part, &w);
}

// make_line makes that of a channel, but for what the gradient needs.
static void make_line(const ffi_call *call, const batch_norm *p, int channel, float mean, float variance) {
	ffi_buffer **a = call->args.buffers;
	float epsilon;
	memcpy(&epsilon, (const int32_t *)a[0]->data + EPSILON, sizeof epsilon);
	double inverse = inverse_root((double)variance + epsilon);
	p->lines[channel] = (struct line){.mean = mean, .inverse = inverse, .slope = ((const float *)a[2]->data)[channel] * inverse,
		.offset = ((const float *)a[3]->data)[channel]};
}

const char *batch_norm_forward(const ffi_call *call) {
	ffi_buffer **r = call->results.buffers;
	if (call->args.count != 4 || call->results.count != 4) return "d2l: a batch normalization has other arguments";
	batch_norm p = start(call, r[3]->data);
	p.y = r[0]->data;
	compute(call, &p, STATISTICS);
	double n = (double)p.batch * p.area;
	for (int c = 0; c < p.channels; c++) {
		const struct sums *sums = p.sums + c;
		double mean = 0, squares = 0;
		for (int part = 0; part < p.parts; part++)
			mean += sums[part * p.channels].first * images_in_part(&p, part) / p.batch;
		for (int part = 0; part < p.parts; part++) { // Around the mean of all, from those around a part's own.
			double distance = sums[part * p.channels].first - mean;
			squares += sums[part * p.channels].second + distance * distance * images_in_part(&p, part) * p.area;
		}
		((float *)r[1]->data)[c] = mean, ((float *)r[2]->data)[c] = squares / n;
		make_line(call, &p, c, mean, squares / n);
	}
	compute(call, &p, NORMALIZE);
	return NULL;
}

const char *batch_norm_gradients(const ffi_call *call) {
	ffi_buffer **a = call->args.buffers, **r = call->results.buffers;
	if (call->args.count != 7 || call->results.count != 4) return "d2l: a batch normalization's gradient has other arguments";
	batch_norm p = start(call, r[3]->data);
	const float *mean = a[4]->data, *variance = a[5]->data;
	p.dy = a[6]->data, p.dx = r[0]->data;
	for (int c = 0; c < p.channels; c++) make_line(call, &p, c, mean[c], variance[c]);
	compute(call, &p, GRADIENT_SUMS);
	double n = (double)p.batch * p.area;
	for (int c = 0; c < p.channels; c++) {
		double sum = 0, products = 0;
		for (int part = 0; part < p.parts; part++)
			sum += p.sums[part * p.channels + c].first, products += p.sums[part * p.channels + c].second;
		struct line *line = &p.lines[c];
		((float *)r[1]->data)[c] = products * line->inverse, ((float *)r[2]->data)[c] = sum;
		line->shift = line->slope * sum / n, line->tilt = line->slope * products * line->inverse * line->inverse / n;
	}
	compute(call, &p, INPUT_GRADIENT);
	return NULL;
}
