// The steps of recurrent.h for one width of registers.
#include "recurrent.h"
#include "dense_impl.h"

_Static_assert(WIDEST_PANEL % PANEL == 0, "recurrent_memory is too small");

static int panels_of(const recurrent *p) { return (p->hidden + PANEL - 1) / PANEL; }

// A part is of at most PART_ROWS examples and of a panel of units.
static int recurrent_parts(const recurrent *p) {
	return (p->batch + PART_ROWS - 1) / PART_ROWS * panels_of(p);
}

static int recurrent_pack_parts(const recurrent *p) { return p->dy ? panels_of(p) : p->gates * panels_of(p); }

// Packs the weights of a gate and a panel of units, for the forward pass, or of a panel of the units before, for the backward
// pass.
TARGET static void recurrent_pack(const recurrent *p, int part) {
	if (!p->dy) {
		product q = {.depth = p->hidden, .cols = p->gates * p->hidden, .b = p->weights};
		int gate = part / panels_of(p), col = gate * p->hidden + part % panels_of(p) * PANEL;
		pack_panel(&q, 0, q.depth, col, (vec *)p->packed + (size_t)part * q.depth * VECS);
	} else {
		product q = {.depth = p->gates * p->hidden, .cols = p->hidden, .b = p->weights, .b_turned = true};
		pack_panel(&q, 0, q.depth, part * PANEL, (vec *)p->packed + (size_t)part * q.depth * VECS);
	}
}

// The sums of a product with a part of what recurrent_pack has packed.
static void sum_packed(const recurrent *p, const product *q, int first, int rows, int part, vec sums[PART_ROWS * VECS]) {
	const vec *b = (const vec *)p->packed + (size_t)part * q->depth * VECS;
	memset(sums, 0, sizeof(vec) * PART_ROWS * VECS);
	for (int k = 0; k < q->depth; k += DEPTH)
		add_panel(q, first, rows, k, q->depth - k < DEPTH ? q->depth - k : DEPTH, b + k * VECS, sums);
}

// The units of a register, from unit on; fewer in the last panel, or none. What it has beyond them is not stored.
typedef struct { int unit, lanes; } units;

INLINE vec load_units(const float *x, units u) { return load_lanes(x + u.unit, u.lanes); }
INLINE void store_units(float *to, units u, vec v) { store_lanes(to + u.unit, u.lanes, v); }

INLINE vec tanh_of(vec x) {
	vec other = splat(0);
	activate2(TANH, &x, &other);
	return x;
}

#define SIGMOIDS(A, B) activate2(SIGMOID, &(A), &(B))

// Where the units of an array begin, one of several for each example and step.
#define UNITS_OF(ARRAY, ROW, COUNT, I) ((ARRAY) + ((ROW) * (COUNT) + (I)) * p->hidden)

// What a part of a step reads of the step before it.
typedef struct {
	int first, rows, panel;
	const float *h, *c; // Of the first example of all.
	size_t stride;      // To the next example's.
} before;

static before part_of(const recurrent *p, int step, int part) {
	int panels = panels_of(p), first = part / panels * PART_ROWS;
	before b = {.first = first, .rows = p->batch - first < PART_ROWS ? p->batch - first : PART_ROWS, .panel = part % panels};
	if (step == 0)
		b.h = p->h, b.c = p->c, b.stride = p->hidden;
	else {
		b.h = UNITS_OF(p->y, recurrent_row(p, 0, step - 1), p->outputs, 0), b.c = b.h + p->hidden;
		b.stride = (size_t)p->outputs * p->hidden;
	}
	return b;
}

static units units_of(const recurrent *p, int panel, int j) {
	int unit = panel * PANEL + j * LANES, rest = p->hidden - unit;
	return (units){unit, rest < LANES ? rest : LANES};
}

// Asks for what a part reads of an array, count times its units for each example, while its product is computed: it lies
// apart in memory, where the processor does not guess it.
static void fetch_units(const recurrent *p, before b, const float *array, int step, int count) {
	for (int i = 0; i < b.rows; i++)
		for (int k = 0; k < count; k++) {
			const float *x = UNITS_OF(array, recurrent_row(p, b.first + i, step), count, k) + b.panel * PANEL;
			for (int at = 0; at < PANEL; at += 16) __builtin_prefetch(x + at);
		}
}

INLINE void forward_cell(const recurrent *p, int step, int part, cell cell, activation kind, int gates) {
	before b = part_of(p, step, part);
	product q = {.depth = p->hidden, .a = b.h, .a_row = b.stride, .a_col = 1};
	vec sums[MAX_GATES][PART_ROWS * VECS] LINE;
	fetch_units(p, b, p->x, step, gates);
	for (int g = 0; g < gates; g++) sum_packed(p, &q, b.first, b.rows, g * panels_of(p) + b.panel, sums[g]);
	for (int i = 0; i < b.rows; i++) {
		int example = b.first + i;
		size_t row = recurrent_row(p, example, step);
		for (int j = 0; j < VECS; j++) {
			units u = units_of(p, b.panel, j);
			vec x[MAX_GATES], z[MAX_GATES], old = load_units(b.h + example * b.stride, u), h, c = splat(0);
			UNROLL for (int g = 0; g < gates; g++) {
				x[g] = load_units(UNITS_OF(p->x, row, gates, g), u);
				z[g] = sums[g][i * VECS + j] + load_units(p->biases + g * p->hidden, u);
			}
			switch (cell) {
			case RNN:
				h = x[0] + z[0];
				activate2(kind, &h, &c);
				break;
			case GRU:
				x[0] += z[0], x[1] += z[1];
				SIGMOIDS(x[0], x[1]);
				x[2] = tanh_of(x[2] + x[0] * z[2]), x[3] = z[2];
				h = x[2] + x[1] * (old - x[2]);
				break;
			case LSTM:
				UNROLL for (int g = 0; g < gates; g++) x[g] += z[g];
				SIGMOIDS(x[0], x[1]);
				x[2] = tanh_of(x[2]);
				SIGMOIDS(x[3], c);
				c = x[1] * load_units(b.c + example * b.stride, u) + x[0] * x[2];
				h = x[3] * tanh_of(c);
				store_units(UNITS_OF(p->y, row, p->outputs, 1), u, c);
			}
			store_units(UNITS_OF(p->y, row, p->outputs, 0), u, h);
			if (cell != RNN && p->keep_values)
				UNROLL for (int k = 0; k < KEPT; k++) store_units(UNITS_OF(p->values, row, KEPT, k), u, x[k]);
		}
	}
}

TARGET static void recurrent_forward_part(const recurrent *p, int step, int part) {
	switch (p->cell) {
	case RNN: p->relu ? forward_cell(p, step, part, RNN, RELU, 1) : forward_cell(p, step, part, RNN, TANH, 1); break;
	case GRU: forward_cell(p, step, part, GRU, NO_ACTIVATION, 3); break;
	case LSTM: forward_cell(p, step, part, LSTM, NO_ACTIVATION, 4); break;
	}
}

// The gradients of a part of a step with respect to what the gates get, from those of the step after it. At step −1 they are
// those of the state at the beginning.
INLINE void backward_cell(const recurrent *p, int step, int part, cell cell, activation kind, int gates) {
	before b = part_of(p, step < 0 ? 0 : step, part);
	float *dproducts = cell == GRU ? p->dproducts : p->dx;
	bool last = step == p->steps - 1;
	vec sums[PART_ROWS * VECS] LINE;
	if (step >= 0) {
		fetch_units(p, b, p->dy, step, p->outputs);
		if (cell != GRU) fetch_units(p, b, p->y, step, p->outputs);
		if (cell != RNN) fetch_units(p, b, p->values, step, KEPT);
	}
	if (!last) {
		product q = {.depth = gates * p->hidden, .a = UNITS_OF(dproducts, recurrent_row(p, 0, step + 1), gates, 0),
			.a_row = (size_t)gates * p->hidden, .a_col = 1};
		sum_packed(p, &q, b.first, b.rows, b.panel, sums);
	}
	for (int i = 0; i < b.rows; i++) {
		int example = b.first + i;
		size_t row = recurrent_row(p, example, step < 0 ? 0 : step);
		for (int j = 0; j < VECS; j++) {
			units u = units_of(p, b.panel, j);
			float *to_h = p->dh + (size_t)example * p->hidden, *to_c = p->dc + (size_t)example * p->hidden;
			vec dh = splat(0), dc = splat(0), dx[MAX_GATES], v[KEPT];
			if (!last) {
				dh = sums[i * VECS + j];
				if (cell == GRU) dh += load_units(to_h, u);
				if (cell == LSTM) dc = load_units(to_c, u);
			}
			if (step < 0) {
				store_units(to_h, u, dh);
				continue;
			}
			dh += load_units(UNITS_OF(p->dy, row, p->outputs, 0), u);
			if (cell != RNN)
				UNROLL for (int k = 0; k < KEPT; k++) v[k] = load_units(UNITS_OF(p->values, row, KEPT, k), u);
			switch (cell) {
			case RNN:
				dx[0] = dh * slope(kind, load_units(UNITS_OF(p->y, row, 1, 0), u));
				break;
			case GRU: {
				vec old = load_units(b.h + example * b.stride, u);
				dx[1] = dh * (old - v[2]) * slope(SIGMOID, v[1]);
				dx[2] = dh * (1 - v[1]) * slope(TANH, v[2]);
				dx[0] = dx[2] * v[3] * slope(SIGMOID, v[0]);
				store_units(to_h, u, dh * v[1]);
				store_units(UNITS_OF(dproducts, row, gates, 0), u, dx[0]);
				store_units(UNITS_OF(dproducts, row, gates, 1), u, dx[1]);
				store_units(UNITS_OF(dproducts, row, gates, 2), u, dx[2] * v[0]);
				break;
			}
			case LSTM: {
				vec tanh_c = tanh_of(load_units(UNITS_OF(p->y, row, 2, 1), u));
				dc += load_units(UNITS_OF(p->dy, row, 2, 1), u) + dh * v[3] * slope(TANH, tanh_c);
				dx[0] = dc * v[2] * slope(SIGMOID, v[0]);
				dx[1] = dc * load_units(b.c + example * b.stride, u) * slope(SIGMOID, v[1]);
				dx[2] = dc * v[0] * slope(TANH, v[2]);
				dx[3] = dh * tanh_c * slope(SIGMOID, v[3]);
				store_units(to_c, u, dc * v[1]);
			}
			}
			UNROLL for (int g = 0; g < gates; g++) store_units(UNITS_OF(p->dx, row, gates, g), u, dx[g]);
		}
	}
}

TARGET static void recurrent_backward_part(const recurrent *p, int step, int part) {
	switch (p->cell) {
	case RNN: p->relu ? backward_cell(p, step, part, RNN, RELU, 1) : backward_cell(p, step, part, RNN, TANH, 1); break;
	case GRU: backward_cell(p, step, part, GRU, NO_ACTIVATION, 3); break;
	case LSTM: backward_cell(p, step, part, LSTM, NO_ACTIVATION, 4); break;
	}
}
