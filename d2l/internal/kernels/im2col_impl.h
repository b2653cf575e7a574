// The computations of im2col.h for one width of registers.
#pragma once
#include "im2col.h"
#include "dense_impl.h"

_Static_assert(WIDEST_SEEN % PANEL == 0 && WIDEST_BLOCK % ROWS == 0, "im2col_memory is too small");

enum { SEEN_DEPTH = 128 }; // As many rows of a panel as are packed at a time: all of them fill half of the first-level cache.

static int divided(int n, int by) { return (n + by - 1) / by; }

// A run of positions that are neighbors in memory.
typedef struct { size_t at; int count; } run;

// Finds the runs of count positions from first on, in images of so many channels whose rows lie row numbers apart.
static int find_runs(const int grid[2], size_t image, size_t row, size_t origin, size_t step, int first, int count, run *runs) {
	int found = 0, area = grid[0] * grid[1];
	for (int end = first + count; first < end;) {
		int n = first / area, y = first % area / grid[1], x = first % grid[1];
		int length = grid[1] - x < end - first ? grid[1] - x : end - first;
		size_t at = origin + n * image + y * row + x * step;
		if (found && step == 1 && runs[found - 1].at + runs[found - 1].count == at)
			runs[found - 1].count += length;
		else
			runs[found++] = (run){at, length};
		first += length;
	}
	return found;
}

// Copies runs of numbers side by side. Unless exact, it reads and writes up to a register beyond the end.
INLINE void gather(const float *from, const run *runs, int num_runs, bool exact, float *to) {
	for (int i = 0; i < num_runs; i++) {
		const float *x = from + runs[i].at;
		int count = runs[i].count;
		if (exact)
			copy_numbers(to, x, count);
		else
			for (int k = 0; k < count; k += LANES) copy_vec(to + k, x + k);
		to += count;
	}
}

// What positions read: rows of the matrix of all that is seen. A register of a row is of one run, or of two, or else the
// runs are copied one by one.
typedef struct {
	const planes *from;
	const int *places;
	size_t channel; // Numbers of a channel.
	int num_runs;
	run runs[SEEN_DEPTH];
	bool exact;   // Whether nothing beyond the runs can be read.
	bool by_runs;
	int num_vecs;
	struct { size_t at[2]; ivec second; bool two; } vecs[SEEN_DEPTH / LANES];
} reader;

// Divides the runs among registers.
TARGET static void divide_runs(reader *r, int count) {
	r->num_vecs = divided(count, LANES), r->by_runs = r->exact;
	int i = 0, begin = 0; // The run that a register begins in, and the run's first position.
	for (int v = 0; v < r->num_vecs && !r->by_runs; v++) {
		for (; begin + r->runs[i].count <= v * LANES; i++) begin += r->runs[i].count;
		int end = begin + r->runs[i].count - v * LANES; // Of the lanes, those before it are in this run.
		r->vecs[v].at[0] = r->runs[i].at + v * LANES - begin;
		r->vecs[v].two = end < LANES && i + 1 < r->num_runs;
		if (!r->vecs[v].two) continue;
		r->by_runs = end + r->runs[i + 1].count < LANES && i + 2 < r->num_runs;
		r->vecs[v].at[1] = r->runs[i + 1].at - end;
		for (int lane = 0; lane < LANES; lane++) r->vecs[v].second[lane] = lane < end ? 0 : -1;
	}
}

// Begins to read at count positions from first on.
static void read_at(reader *r, const planes *from, const int *places, int num_places, const int grid[2], int first, int count) {
	r->from = from, r->places = places;
	r->channel = plane_size(from) * from->planes[0] * from->planes[1];
	r->num_runs = find_runs(grid, r->channel * from->channels, from->size[1], 0, 1, first, count, r->runs);
	int farthest = 0;
	for (int i = 0; i < num_places; i++)
		if (places[i] > farthest) farthest = places[i];
	const run *last = &r->runs[r->num_runs - 1];
	size_t after = last->at + last->count + LANES + farthest + (from->channels - 1) * r->channel;
	r->exact = after > (size_t)(from->end - from->data);
	divide_runs(r, count);
}

// Reads count rows of the matrix from row k on, each to the next stride numbers: a row is a channel at a place.
INLINE void read_rows(const reader *r, int k, int count, float *to, size_t stride) {
	int place = k / r->from->channels, channel = k % r->from->channels;
	const float *x = r->from->data + r->places[place] + channel * r->channel;
	for (int i = 0; i < count; i++, to += stride) {
		if (r->by_runs)
			gather(x, r->runs, r->num_runs, r->exact, to);
		else
			for (int v = 0; v < r->num_vecs; v++) {
				vec numbers = *(const vec *)(x + r->vecs[v].at[0]);
				if (r->vecs[v].two) numbers = choose(r->vecs[v].second, *(const vec *)(x + r->vecs[v].at[1]), numbers);
				((vec *)to)[v] = numbers;
				__builtin_prefetch(x + r->vecs[v].at[0] + r->num_vecs * LANES); // What the next panel reads.
			}
		x += r->channel;
		if (++channel < r->from->channels || i + 1 == count) continue;
		channel = 0, x = r->from->data + r->places[++place];
	}
}

static int positions_of(int batch, const int grid[2]) { return batch * grid[0] * grid[1]; }

// Panels that a part of a product has: the more, the less often weights are read, as long as there are enough parts.
static int seen_panels(const seen_product *q) {
	int panels = divided(positions_of(q->batch, q->grid), PANEL), n = SEEN_PANELS;
	while (n > 1 && divided(panels, n) * divided(q->out, SEEN_ROWS) < ENOUGH_PARTS) n /= 2;
	return n;
}

static int seen_product_parts(const seen_product *q) {
	return divided(positions_of(q->batch, q->grid), PANEL * seen_panels(q)) * divided(q->out, SEEN_ROWS);
}

INLINE void store_seen(const seen_product *q, const run *runs, int num_runs, int first, int rows, vec *sums, activation kind) {
	size_t area = (size_t)q->size[0] * q->size[1];
	for (int i = 0; i < rows; i++, sums += VECS) {
		float *to = q->to + (first + i) * area;
		UNROLL for (int j = 0; j < VECS; j++) sums[j] += q->biases[first + i];
		UNROLL for (int j = 0; j < VECS; j += 2) activate2(kind, &sums[j], &sums[j + 1]);
		const float *x = (const float *)sums;
		for (int k = 0; k < num_runs; k++) {
			float *at = to + runs[k].at;
			int count = runs[k].count;
			if (q->step[1] == 1)
				copy_numbers(at, x, count);
			else
				for (int j = 0; j < count; j++) at[(size_t)j * q->step[1]] = x[j];
			x += count;
		}
	}
}

TARGET static void seen_product_part(const seen_product *q, int part) {
	int positions = positions_of(q->batch, q->grid), groups = divided(positions, PANEL * seen_panels(q));
	int start = part % groups * PANEL * seen_panels(q), first = part / groups * SEEN_ROWS;
	int rows = q->out - first < SEEN_ROWS ? q->out - first : SEEN_ROWS, padded = divided(rows, ROWS) * ROWS;
	int panels = divided(positions - start < PANEL * seen_panels(q) ? positions - start : PANEL * seen_panels(q), PANEL);
	int total = q->num_places * q->from.channels;
	float b[SEEN_DEPTH * PANEL + LANES] LINE;
	vec sums[SEEN_PANELS * SEEN_ROWS * VECS] LINE;
	reader readers[SEEN_PANELS];
	memset(sums, 0, sizeof(vec) * panels * padded * VECS);
	for (int p = 0; p < panels; p++) {
		int at = start + p * PANEL;
		read_at(&readers[p], &q->from, q->places, q->num_places, q->grid, at, positions - at < PANEL ? positions - at : PANEL);
	}
	if (positions - start < panels * PANEL) memset(b, 0, sizeof b); // Positions that are not there.
	product a = {.a_row = 1, .a_col = ROWS};
	for (int k = 0; k < total; k += SEEN_DEPTH) {
		int depth = total - k < SEEN_DEPTH ? total - k : SEEN_DEPTH;
		for (int p = 0; p < panels; p++) {
			read_rows(&readers[p], k, depth, b, PANEL);
			for (int row = 0; row < padded; row += ROWS) {
				const float *weights = q->packed + ((size_t)(first + row) * total + (size_t)k * ROWS);
				PANEL_OF_ROWS(&a, weights, (const vec *)b, depth, sums + (p * padded + row) * VECS);
			}
		}
	}
	size_t row = (size_t)q->size[1] * q->step[0], image = (size_t)q->size[0] * q->size[1] * q->out;
	size_t origin = (size_t)q->first[0] * q->size[1] + q->first[1];
	for (int p = 0; p < panels; p++) {
		run runs[PANEL];
		int at = start + p * PANEL, count = positions - at < PANEL ? positions - at : PANEL;
		int num_runs = find_runs(q->grid, image, row, origin, q->step[1], at, count, runs);
		FOR_ACTIVATION(q->activation, store_seen, q, runs, num_runs, first, rows, sums + p * padded * VECS)
	}
}

// Of the gradient, a part has so many rows of the matrix, and some panels of channels of dz.
static int gradient_rows(const seen_gradient *q) { return q->num_places * q->from.channels; }

static int gradient_parts(const seen_gradient *q) {
	return divided(gradient_rows(q), SEEN_ROWS) * divided(q->out, PANEL * SEEN_PANELS);
}

static int seen_gradient_parts(const seen_gradient *q) { return gradient_parts(q) * q->splits; }

static int chunks_of(const seen_gradient *q) { return divided(positions_of(q->batch, q->grid), SEEN_DEPTH); }

static int seen_pack_parts(const seen_gradient *q) { return chunks_of(q); }

// Packs a chunk of positions, one below the other, with zeros in place of channels that are not there.
TARGET static void seen_pack_part(const seen_gradient *q, int part) {
	int positions = positions_of(q->batch, q->grid), first = part * SEEN_DEPTH, panels = divided(q->out, PANEL);
	int count = positions - first < SEEN_DEPTH ? positions - first : SEEN_DEPTH;
	size_t area = (size_t)q->grid[0] * q->grid[1];
	run runs[SEEN_DEPTH];
	int num_runs = find_runs(q->grid, area * q->out, q->grid[1], 0, 1, first, count, runs);
	float turned[LANES][SEEN_DEPTH + LANES] LINE;
	vec *to = (vec *)q->packed + (size_t)first * panels * VECS;
	for (int col = 0; col < panels * PANEL; col += LANES) {
		for (int i = 0; i < LANES; i++) {
			float *row = turned[i];
			if (col + i >= q->out) {
				memset(row, 0, sizeof turned[i]);
				continue;
			}
			for (int k = 0; k < num_runs; row += runs[k++].count)
				copy_numbers(row, q->dz + (col + i) * area + runs[k].at, runs[k].count);
		}
		vec *panel = to + (size_t)(col / PANEL) * count * VECS + col % PANEL / LANES;
		for (int k = 0; k < count; k += LANES) {
			vec rows[LANES];
			UNROLL for (int i = 0; i < LANES; i++) rows[i] = *(const vec *)(turned[i] + k);
			transpose(rows);
			for (int i = 0; i < LANES && k + i < count; i++) panel[(k + i) * VECS] = rows[i];
		}
	}
}

TARGET static void seen_gradient_part(const seen_gradient *q, int part) {
	int total = gradient_rows(q), tiles = divided(total, SEEN_ROWS), split = part / gradient_parts(q);
	int start = part % gradient_parts(q) / tiles * SEEN_PANELS, all = divided(q->out, PANEL), first = part % tiles * SEEN_ROWS;
	int panels = all - start < SEEN_PANELS ? all - start : SEEN_PANELS;
	int rows = total - first < SEEN_ROWS ? total - first : SEEN_ROWS, positions = positions_of(q->batch, q->grid);
	int from = (int)((int64_t)chunks_of(q) * split / q->splits), to = (int)((int64_t)chunks_of(q) * (split + 1) / q->splits);
	float a[SEEN_ROWS * SEEN_DEPTH + LANES] LINE;
	vec sums[SEEN_PANELS * SEEN_ROWS * VECS] LINE, columns[SEEN_PANELS][SUMMED * VECS];
	memset(sums, 0, sizeof(vec) * panels * rows * VECS);
	for (int p = 0; p < panels; p++) UNROLL for (int i = 0; i < SUMMED * VECS; i++) columns[p][i] = splat(0);
	product seen = {.a_row = SEEN_DEPTH, .a_col = 1, .a = a};
	for (int chunk = from; chunk < to; chunk++) {
		int at = chunk * SEEN_DEPTH, depth = positions - at < SEEN_DEPTH ? positions - at : SEEN_DEPTH;
		reader r;
		read_at(&r, &q->from, q->places, q->num_places, q->grid, at, depth);
		read_rows(&r, first, rows, a, SEEN_DEPTH);
		for (int p = 0; p < panels; p++) {
			const vec *b = (const vec *)q->packed + ((size_t)at * all + (size_t)(start + p) * depth) * VECS;
			add_panel(&seen, 0, rows, 0, depth, b, sums + p * rows * VECS);
			if (!first) sum_panel(b, depth, columns[p]);
		}
	}
	for (int p = 0; p < panels; p++) {
		int col = (start + p) * PANEL, width = q->out - col < PANEL ? q->out - col : PANEL;
		float *result = q->sums + (size_t)split * (total + 1) * q->out + col;
		for (int i = 0; i < rows; i++)
			copy_numbers(result + (size_t)(first + i) * q->out, (const float *)(sums + (p * rows + i) * VECS), width);
		if (first) continue;
		UNROLL for (int i = 1; i < SUMMED; i++) UNROLL for (int j = 0; j < VECS; j++) columns[p][j] += columns[p][i * VECS + j];
		memcpy(result + (size_t)total * q->out, columns[p], width * sizeof(float));
	}
}
