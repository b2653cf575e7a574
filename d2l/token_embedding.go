package d2l

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/gomlx/gomlx/core/tensors"
)

// TokenEmbedding has pretrained vectors of tokens, such as GloVe's and fastText's, by the numbers of the tokens: 0 is
// Unk, whose vector is zeros.
//
// Book: TokenEmbedding, section "Word Similarity and Analogy".
type TokenEmbedding struct {
	tokens  []string
	indices map[string]int32
	vectors []float32 // Of all tokens, one after the other.
	size    int
}

// LoadTokenEmbedding reads pretrained vectors from a text file, or from the file vec.txt in a folder. Each line has a
// token, which may have spaces in it as some of GloVe's have, and the numbers of its vector, as many in each line, all
// divided by single spaces. A first line of two whole numbers, as fastText writes it, has the number of tokens and that
// of a vector's numbers. Of a token that comes twice, the last vector counts, as in the book. A line with fewer
// numbers, or one that is not finite, is an error that names the line; so is a file without as many tokens as its first
// line says. What a line has more is taken for a part of its token. If the file has <unk>, that vector is found by this
// name, and a token without one still has zeros.
//
// Book: TokenEmbedding, section "Word Similarity and Analogy".
func LoadTokenEmbedding(path string) (*TokenEmbedding, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "vec.txt")
	}
	file, err := files.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading vectors of tokens: %w", err)
	}
	defer file.Close()
	e, err := readTokenEmbedding(file)
	if err != nil {
		return nil, fmt.Errorf("the vectors of tokens in %s cannot be used: %w", path, err)
	}
	return e, nil
}

func readTokenEmbedding(r io.Reader) (*TokenEmbedding, error) {
	e := &TokenEmbedding{tokens: []string{Unk}, indices: map[string]int32{Unk: 0}}
	lines, number, announced := bufio.NewReader(r), 0, -1
	for {
		line, err := lines.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, err
		}
		end := err == io.EOF
		line = strings.TrimRight(line, "\r\n ")
		if number++; number == 1 {
			line = strings.TrimPrefix(line, "\ufeff") // The mark of some editors is no part of a token.
		}
		if line != "" {
			// Other spaces than this one may be part of a token.
			if elems := strings.Split(line, " "); number == 1 && len(elems) == 2 {
				if announced, e.size, err = header(elems); err != nil {
					return nil, err
				}
			} else if err := e.add(elems); err != nil {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
		if !end {
			continue
		}
		if got := len(e.tokens) - 1; got == 0 {
			return nil, errors.New("there is none: give a file of lines, each a token and its numbers")
		} else if announced >= 0 && announced != got {
			return nil, fmt.Errorf("the first line says that there are %d, and there are %d: the file may be cut off",
				announced, got)
		}
		e.vectors = append(make([]float32, e.size), e.vectors...)
		return e, nil
	}
}

// header returns the numbers of a file's first line.
func header(elems []string) (tokens, size int, err error) {
	tokens, err = strconv.Atoi(elems[0])
	if err == nil {
		size, err = strconv.Atoi(elems[1])
	}
	if err != nil || tokens < 0 || size <= 0 {
		return 0, 0, fmt.Errorf("line 1 is %.40q, and is no token with a vector, nor the numbers of both",
			strings.Join(elems, " "))
	}
	return tokens, size, nil
}

// add adds the vector of a line.
func (e *TokenEmbedding) add(elems []string) error {
	if e.size == 0 {
		e.size = len(elems) - 1
	}
	at := len(elems) - e.size
	if at < 1 || e.size == 0 {
		n := len(elems) - 1
		return fmt.Errorf("it has %d %s, expected a token and %d, divided by single spaces", n,
			plural("number", float64(n)), max(e.size, 1))
	}
	vector := make([]float32, 0, e.size)
	for _, elem := range elems[at:] {
		v, err := strconv.ParseFloat(elem, 32)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%.40q is no number that is finite, expected a token and %d of them", elem, e.size)
		}
		vector = append(vector, float32(v))
	}
	token := strings.Join(elems[:at], " ")
	e.indices[token] = int32(len(e.tokens))
	e.tokens = append(e.tokens, token)
	e.vectors = append(e.vectors, vector...)
	return nil
}

// Len returns the number of tokens, with Unk.
//
// Book: TokenEmbedding.__len__, section "Word Similarity and Analogy".
func (e *TokenEmbedding) Len() int {
	requireMade(e, "TokenEmbedding.Len", "LoadTokenEmbedding")
	return len(e.tokens)
}

// Index returns the number of a token, or 0, that of Unk, for one without a vector.
//
// Book: embed.token_to_idx, section "Word Similarity and Analogy".
func (e *TokenEmbedding) Index(token string) int32 {
	requireMade(e, "TokenEmbedding.Index", "LoadTokenEmbedding")
	return e.indices[token]
}

// Tokens returns all tokens, in the order of their numbers.
//
// Book: embed.idx_to_token, section "Word Similarity and Analogy".
func (e *TokenEmbedding) Tokens() []string {
	requireMade(e, "TokenEmbedding.Tokens", "LoadTokenEmbedding")
	return slices.Clone(e.tokens)
}

// Vectors returns the vectors of tokens, float32 (tokens, size): zeros for a token without one. Those of a Vocab's
// tokens,
//
//	net.SetParameter("embedding0.weight", e.Vectors(vocab.Tokens()...))
//
// are the weight of an Embedding for it. Those for which Index is 0 have none in the file. It panics without tokens.
//
// Book: TokenEmbedding.__getitem__, section "Word Similarity and Analogy".
func (e *TokenEmbedding) Vectors(tokens ...string) *tensors.Tensor {
	requireMade(e, "TokenEmbedding.Vectors", "LoadTokenEmbedding")
	if len(tokens) == 0 {
		panic("d2l: TokenEmbedding.Vectors needs a token")
	}
	all := make([]float32, 0, len(tokens)*e.size)
	for _, token := range tokens {
		at := int(e.indices[token]) * e.size
		all = append(all, e.vectors[at:at+e.size]...)
	}
	return tensors.FromFlatDataAndDimensions(all, len(tokens), e.size)
}

// IdxToVec returns the vectors of all tokens, in the order of their numbers: float32 (Len, size).
//
// Book: embed.idx_to_vec, section "Word Similarity and Analogy".
func (e *TokenEmbedding) IdxToVec() *tensors.Tensor {
	requireMade(e, "TokenEmbedding.IdxToVec", "LoadTokenEmbedding")
	return tensors.FromFlatDataAndDimensions(slices.Clone(e.vectors), len(e.tokens), e.size)
}
