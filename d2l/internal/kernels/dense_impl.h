// The computations of dense.h for one width of registers: ROWS × VECS × LANES numbers of a product are what they hold.
#pragma once
#include "dense.h"
#include "vector.h"

enum {
	PANEL = VECS * LANES,
	DEPTH = (1 << 11) / PANEL, // As much of a panel as stays in the first-level cache.
};

// Adds to the sums of N rows of a product, of a panel of columns, as much as depth rows of b give.
#define DEFINE_PANEL(N)                                                                                          \
	TARGET static void panel##N(const product *q, const float *a, const vec *b, int depth, vec *sums) {      \
		size_t a_row = q->a_row, a_col = q->a_col;                                                       \
		vec s[N][VECS];                                                                                  \
		UNROLL for (int i = 0; i < N; i++) UNROLL for (int j = 0; j < VECS; j++) s[i][j] = sums[i * VECS + j]; \
		for (int k = 0; k < depth; k++, a += a_col, b += VECS) {                                         \
			vec row[VECS];                                                                           \
			UNROLL for (int j = 0; j < VECS; j++) row[j] = b[j];                                     \
			UNROLL for (int i = 0; i < N; i++) {                                                     \
				float x = a[i * a_row];                                                          \
				UNROLL for (int j = 0; j < VECS; j++) s[i][j] += x * row[j];                     \
			}                                                                                        \
		}                                                                                                \
		UNROLL for (int i = 0; i < N; i++) UNROLL for (int j = 0; j < VECS; j++) sums[i * VECS + j] = s[i][j]; \
	}
DEFINE_PANEL(1)
#if ROWS == 8
DEFINE_PANEL(8)
#define PANEL_OF_ROWS panel8
#else
DEFINE_PANEL(4)
#define PANEL_OF_ROWS panel4
#endif

// Rows first to first + depth of a panel of b, from column col on, side by side, with zeros in place of columns that are
// not there.
TARGET static void pack_panel(const product *q, int first, int depth, int col, vec *to) {
	int width = q->cols - col < PANEL ? q->cols - col : PANEL;
	if (width < PANEL) memset(to, 0, (size_t)depth * PANEL * sizeof(float));
	if (!q->b_turned && width == PANEL) {
		for (int k = 0; k < depth; k++) {
			const vec *row = (const vec *)(q->b + (size_t)(first + k) * q->cols + col);
			UNROLL for (int j = 0; j < VECS; j++) to[k * VECS + j] = row[j];
			// What comes after depth rows: rows lie apart, where the processor does not guess them.
			const float *next = q->b + (size_t)(first + k + depth) * q->cols + col;
			for (int at = 0; at < PANEL; at += 16) __builtin_prefetch(next + at);
		}
		return;
	}
	if (!q->b_turned) {
		for (int k = 0; k < depth; k++) memcpy(to + k * VECS, q->b + (size_t)(first + k) * q->cols + col, width * sizeof(float));
		return;
	}
	for (int j = 0; j < width; j += LANES)
		for (int k = 0; k < depth; k += LANES) {
			int lanes = depth - k < LANES ? depth - k : LANES;
			vec rows[LANES];
			UNROLL for (int i = 0; i < LANES; i++) {
				rows[i] = splat(0);
				const float *row = q->b + (size_t)(col + j + i) * q->depth + first + k;
				if (j + i >= width) continue;
				if (lanes == LANES)
					rows[i] = *(const vec *)row;
				else
					memcpy(&rows[i], row, lanes * sizeof(float));
			}
			transpose(rows);
			for (int i = 0; i < lanes; i++) to[(k + i) * VECS + j / LANES] = rows[i];
		}
}

INLINE void finish_product(const product *q, int row, int rows, int col, vec *sums, activation kind) {
	int width = q->cols - col < PANEL ? q->cols - col : PANEL;
	vec bias[VECS];
	memset(bias, 0, sizeof bias);
	if (q->biases) memcpy(bias, q->biases + col, width * sizeof(float));
	for (int i = 0; i < rows; i++, sums += VECS) {
		float *to = q->to + (size_t)(row + i) * q->cols + col;
		UNROLL for (int j = 0; j < VECS; j++) sums[j] += bias[j];
		UNROLL for (int j = 0; j < VECS; j += 2) activate2(kind, &sums[j], &sums[j + 1]);
		if (width == PANEL)
			UNROLL for (int j = 0; j < VECS; j++) ((vec *)to)[j] = sums[j];
		else
			memcpy(to, sums, width * sizeof(float));
	}
}

// As many rows as a part has: the more, the less often a panel is packed, as long as there are enough parts to share.
static int part_rows(const product *q) {
	int panels = (q->cols + PANEL - 1) / PANEL, rows = MOST_ROWS;
	while (rows > PART_ROWS && (q->rows + rows - 1) / rows * panels < ENOUGH_PARTS) rows /= 2;
	return rows;
}

static int product_parts(const product *q) {
	return (q->rows + part_rows(q) - 1) / part_rows(q) * ((q->cols + PANEL - 1) / PANEL);
}

// Adds to the sums of rows of a product, from first on, as much as depth rows of a panel of b give, from row k on.
static void add_panel(const product *q, int first, int rows, int k, int depth, const vec *b, vec *sums) {
	const float *a = q->a + first * q->a_row + k * q->a_col;
	int row = 0;
	for (; row + ROWS <= rows; row += ROWS) PANEL_OF_ROWS(q, a + row * q->a_row, b, depth, sums + row * VECS);
	for (; row < rows; row++) panel1(q, a + row * q->a_row, b, depth, sums + row * VECS);
}

// Adds to the sums of a panel's columns, of which there are several for each, as one would wait for itself.
enum { SUMMED = 4 };

TARGET static void sum_panel(const vec *b, int depth, vec sums[SUMMED * VECS]) {
	int k = 0;
	for (; k + SUMMED <= depth; k += SUMMED, b += SUMMED * VECS)
		UNROLL for (int i = 0; i < SUMMED * VECS; i++) sums[i] += b[i];
	for (; k < depth; k++, b += VECS) UNROLL for (int j = 0; j < VECS; j++) sums[j] += b[j];
}

TARGET static void product_part(const product *q, int part) {
	int panels = (q->cols + PANEL - 1) / PANEL, col = part % panels * PANEL, first = part / panels * part_rows(q);
	int rows = q->rows - first < part_rows(q) ? q->rows - first : part_rows(q);
	vec b[DEPTH * VECS] LINE, sums[MOST_ROWS * VECS] LINE;
	memset(sums, 0, sizeof(vec) * rows * VECS);
	vec columns[SUMMED * VECS];
	UNROLL for (int i = 0; i < SUMMED * VECS; i++) columns[i] = splat(0);
	for (int k = 0; k < q->depth; k += DEPTH) {
		int depth = q->depth - k < DEPTH ? q->depth - k : DEPTH;
		pack_panel(q, k, depth, col, b);
		add_panel(q, first, rows, k, depth, b, sums);
		if (q->sums && !first) sum_panel(b, depth, columns);
	}
	if (q->sums && !first) {
		UNROLL for (int i = 1; i < SUMMED; i++) UNROLL for (int j = 0; j < VECS; j++) columns[j] += columns[i * VECS + j];
		memcpy(q->sums + col, columns, (q->cols - col < PANEL ? q->cols - col : PANEL) * sizeof(float));
	}
	FOR_ACTIVATION(q->activation, finish_product, q, first, rows, col, sums)
}

INLINE void derivative_activated(const derivative *d, int first, int end, activation kind) {
	size_t start = (size_t)first * d->cols, stop = (size_t)end * d->cols, i = start;
	for (; i + LANES <= stop; i += LANES)
		*(vec *)(d->dz + i) = *(const vec *)(d->dy + i) * slope(kind, *(const vec *)(d->y + i));
	if (i == stop) return;
	int lanes = (int)(stop - i);
	store_lanes(d->dz + i, lanes, load_lanes(d->dy + i, lanes) * slope(kind, load_lanes(d->y + i, lanes)));
}

TARGET static void derivative_part(const derivative *d, int part) {
	int first = part * PART_ROWS, end = first + PART_ROWS < d->rows ? first + PART_ROWS : d->rows;
	FOR_ACTIVATION(d->activation, derivative_activated, d, first, end)
}
