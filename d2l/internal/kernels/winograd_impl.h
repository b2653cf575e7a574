// Convolutions with windows of 3 × 3 by Winograd's algorithm F(2×2, 3×3) (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks"): 16 products for a tile of 2 × 2 pixels, in place of 36. A tile reads 4 × 4 pixels, which
// are places of a window with strides of 2.
#pragma once
#include "im2col_impl.h"

enum {
	TILE_PLACES = 16,
	TILE_ROWS_AT_ONCE = 96, // Channels of a part, at most.
	TILE_DEPTH = 64,        // Channels of what is read at a time.
};

static int winograd_parts(const seen_product *q) {
	return divided(positions_of(q->batch, q->grid), PANEL) * divided(q->out, TILE_ROWS_AT_ONCE);
}

// Four numbers, step apart, become those that products are made with.
INLINE void turn_read(vec *at, int step) {
	vec a = at[0], b = at[step], c = at[2 * step], d = at[3 * step];
	at[0] = a - c, at[step] = b + c, at[2 * step] = c - b, at[3 * step] = b - d;
}

// Reads depth channels from k on, at all places of a panel of tiles, as (place, channel, tile).
TARGET static void read_tiles(const reader *r, int k, int depth, float *to) {
	size_t place = (size_t)TILE_DEPTH * PANEL;
	for (int i = 0; i < TILE_PLACES; i++) read_rows(r, i * r->from->channels + k, depth, to + i * place, PANEL);
	for (int c = 0; c < depth; c++)
		for (int j = 0; j < VECS; j++) {
			vec d[TILE_PLACES], *at = (vec *)to + c * VECS + j;
			UNROLL for (int i = 0; i < TILE_PLACES; i++) d[i] = at[i * place / LANES];
			UNROLL for (int i = 0; i < 4; i++) turn_read(d + i, 4);
			UNROLL for (int i = 0; i < TILE_PLACES; i += 4) turn_read(d + i, 1);
			UNROLL for (int i = 0; i < TILE_PLACES; i++) at[i * place / LANES] = d[i];
		}
}

#define EVEN_ODD(L, HALF) ((L) % 2 ? LANES + (L) / 2 + (HALF) : (L) / 2 + (HALF))

// Makes the tiles of a channel of their sums: two rows of pixels, of which the columns of neighboring tiles are neighbors.
INLINE void turn_sums(const vec *sums, size_t place, float bias, activation kind, float rows[2][2 * PANEL]) {
	for (int j = 0; j < VECS; j++) {
		vec m[TILE_PLACES], s[8], y[4];
		UNROLL for (int i = 0; i < TILE_PLACES; i++) m[i] = sums[i * place + j];
		UNROLL for (int i = 0; i < 4; i++) {
			s[i] = m[i] + m[4 + i] + m[8 + i];
			s[4 + i] = m[4 + i] - m[8 + i] - m[12 + i];
		}
		UNROLL for (int i = 0; i < 2; i++) {
			y[2 * i] = s[4 * i] + s[4 * i + 1] + s[4 * i + 2] + bias;
			y[2 * i + 1] = s[4 * i + 1] - s[4 * i + 2] - s[4 * i + 3] + bias;
			activate2(kind, &y[2 * i], &y[2 * i + 1]);
			vec *to = (vec *)rows[i] + 2 * j;
			to[0] = SHUFFLE(y[2 * i], y[2 * i + 1], EVEN_ODD, 0);
			to[1] = SHUFFLE(y[2 * i], y[2 * i + 1], EVEN_ODD, LANES / 2);
		}
	}
}

INLINE void store_tiles(const seen_product *q, int start, int count, int first, int rows, const vec *sums, size_t place,
	activation kind) {
	size_t area = (size_t)q->size[0] * q->size[1];
	int tiles = q->grid[0] * q->grid[1];
	for (int i = 0; i < rows; i++) {
		float pixels[2][2 * PANEL] LINE;
		turn_sums(sums + i * VECS, place, q->biases[first + i], kind, pixels);
		for (int at = 0; at < count;) { // The tiles of a row.
			int n = (start + at) / tiles, y = (start + at) % tiles / q->grid[1], x = (start + at) % q->grid[1];
			int length = q->grid[1] - x < count - at ? q->grid[1] - x : count - at;
			int width = q->size[1] - 2 * x < 2 * length ? q->size[1] - 2 * x : 2 * length;
			float *to = q->to + ((size_t)n * q->out + first + i) * area + (size_t)2 * y * q->size[1] + 2 * x;
			copy_numbers(to, pixels[0] + 2 * at, width);
			if (2 * y + 1 < q->size[0]) copy_numbers(to + q->size[1], pixels[1] + 2 * at, width);
			at += length;
		}
	}
}

// Three numbers become the four that products are made with.
INLINE void turn_weights(const float *a, const float *b, const float *c, float *to, size_t step) {
	for (int i = 0; i < ROWS; i++) {
		float half = (a[i] + c[i]) / 2;
		to[i] = a[i], to[step + i] = half + b[i] / 2, to[2 * step + i] = half - b[i] / 2, to[3 * step + i] = c[i];
	}
}

// Packs the weights of a block of channels from first on: for each place and each channel of from, those of the block.
TARGET static void winograd_pack(const seen_product *q, int first) {
	size_t place = (size_t)q->from.channels * ROWS;
	int rows = q->out - first < ROWS ? q->out - first : ROWS;
	float *to = q->packed + first * TILE_PLACES * (size_t)q->from.channels, given[9][ROWS] = {0}, turned[4][3][ROWS];
	const float *x = q->weights + first * q->out_step;
	for (int k = 0; k < q->from.channels; k++, x += q->in_step, to += ROWS) {
		for (int tap = 0; tap < 9; tap++)
			for (int row = 0; row < rows; row++) given[tap][row] = x[q->taps[tap] * q->tap + row * q->out_step];
		for (int j = 0; j < 3; j++) turn_weights(given[j], given[3 + j], given[6 + j], turned[0][j], 3 * ROWS);
		for (int i = 0; i < 4; i++) turn_weights(turned[i][0], turned[i][1], turned[i][2], to + 4 * i * place, place);
	}
}

TARGET static void winograd_part(const seen_product *q, int part) {
	int positions = positions_of(q->batch, q->grid), panels = divided(positions, PANEL), channels = q->from.channels;
	int start = part % panels * PANEL, first = part / panels * TILE_ROWS_AT_ONCE;
	int count = positions - start < PANEL ? positions - start : PANEL;
	int rows = q->out - first < TILE_ROWS_AT_ONCE ? q->out - first : TILE_ROWS_AT_ONCE, padded = divided(rows, ROWS) * ROWS;
	float b[TILE_PLACES * TILE_DEPTH * PANEL + LANES] LINE;
	vec sums[TILE_PLACES * TILE_ROWS_AT_ONCE * VECS] LINE;
	memset(sums, 0, sizeof(vec) * TILE_PLACES * padded * VECS);
	if (count < PANEL) memset(b, 0, sizeof b); // Tiles that are not there.
	reader r;
	read_at(&r, &q->from, q->places, q->num_places, q->grid, start, count);
	product a = {.a_row = 1, .a_col = ROWS};
	for (int k = 0; k < channels; k += TILE_DEPTH) {
		int depth = channels - k < TILE_DEPTH ? channels - k : TILE_DEPTH;
		read_tiles(&r, k, depth, b);
		for (int place = 0; place < TILE_PLACES; place++)
			for (int row = 0; row < padded; row += ROWS) {
				size_t block = ((size_t)(first + row) * TILE_PLACES + (size_t)place * ROWS) * channels;
				const vec *tiles = (const vec *)b + (size_t)place * TILE_DEPTH * VECS;
				PANEL_OF_ROWS(&a, q->packed + block + k * ROWS, tiles, depth, sums + (place * padded + row) * VECS);
			}
	}
	FOR_ACTIVATION(q->activation, store_tiles, q, start, count, first, rows, sums, (size_t)padded * VECS)
}
