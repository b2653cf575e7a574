package d2l_test

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

// loadWords makes up a small file of vectors and loads it. A vector has the sum of what its word means: a number for each
// of nine meanings, and some that mean nothing.
func loadWords() *d2l.TokenEmbedding {
	var text strings.Builder
	for i, line := range []string{
		"man male adult", "woman female adult", "son male child", "daughter female child", "baby child child",
		"beijing capital asia east", "china country asia east", "tokyo capital asia island", "japan country asia island",
		"good praise", "great praise praise", "bad blame", "worst blame blame blame", "awful blame blame",
	} {
		word, meanings, _ := strings.Cut(line, " ")
		fmt.Fprint(&text, word)
		for _, meaning := range []string{"male", "female", "adult", "child", "capital", "country", "asia", "east", "island", "praise",
			"blame"} {
			fmt.Fprint(&text, " ", strings.Count(meanings, meaning))
		}
		for j := range 4 {
			fmt.Fprintf(&text, " %.3f", 0.2*math.Sin(float64(i*(j+1))))
		}
		fmt.Fprintln(&text)
	}
	dir := d2l.Must(os.MkdirTemp("", ""))
	defer os.RemoveAll(dir)
	d2l.Check(os.WriteFile(filepath.Join(dir, "vec.txt"), []byte(text.String()), 0o600))
	return d2l.Must(d2l.LoadTokenEmbedding(dir))
}

// cosines returns the cosine similarity of x (1, size) with each row of W (n, size).
var cosines = d2l.Compile(func(W, x *graph.Node) *graph.Node {
	norm := func(x *graph.Node) *graph.Node {
		return graph.Sqrt(graph.AddScalar(graph.ReduceSum(graph.Square(x), -1), 1e-9))
	}
	return graph.Div(graph.ReduceSum(graph.Mul(W, x), -1), graph.Mul(norm(W), norm(x)))
})

// knn returns the numbers of the k words whose vectors are the nearest to x, and how near they are.
func knn(embed *d2l.TokenEmbedding, x *d2l.Tensor, k int) (topk []int, cos []float32) {
	cos = d2l.Values[float32](d2l.Must(cosines(embed.IdxToVec(), x)))
	for i := range cos {
		topk = append(topk, i)
	}
	slices.SortFunc(topk, func(i, j int) int { return cmp.Compare(cos[j], cos[i]) })
	return topk[:k], cos
}

func printSimilarTokens(token string, k int, embed *d2l.TokenEmbedding) {
	topk, cos := knn(embed, embed.Vectors(token), k+1)
	for _, i := range topk[1:] { // The first is the word itself.
		fmt.Printf("cosine sim=%.2f: %s\n", cos[i], embed.Tokens()[i])
	}
}

var addSubtract = d2l.Compile(func(b, a, c *graph.Node) *graph.Node { return graph.Add(graph.Sub(b, a), c) })

// analogy returns the word that is to c as b is to a.
func analogy(a, b, c string, embed *d2l.TokenEmbedding) string {
	x := d2l.Must(addSubtract(embed.Vectors(b), embed.Vectors(a), embed.Vectors(c)))
	topk, _ := knn(embed, x, 1)
	return embed.Tokens()[topk[0]]
}

// The book's section "Word Similarity and Analogy", with 14 words in place of the 400,000 that
// d2l.LoadTokenEmbedding(d2l.Must(d2l.DownloadExtract("glove.6b.50d"))) has.
func ExampleTokenEmbedding() {
	embed := loadWords()
	fmt.Println(embed.Len(), embed.Index("beijing"), embed.Tokens()[6])
	printSimilarTokens("baby", 2, embed)
	printSimilarTokens("great", 1, embed)
	fmt.Println(analogy("man", "woman", "son", embed), analogy("beijing", "china", "tokyo", embed))
	// Output:
	// 15 6 beijing
	// cosine sim=0.66: son
	// cosine sim=0.56: daughter
	// cosine sim=0.89: good
	// daughter japan
}

// The vectors of the words in a vocabulary are the weight of an Embedding. One word has no vector.
func ExampleLoadTokenEmbedding() {
	vocab := d2l.NewVocab([][]string{{"good", "great", "film"}}, 0)
	vectors := loadWords().Vectors(vocab.Tokens()...)
	net := d2l.NewNet(d2l.Sequential{d2l.Embedding{VocabSize: vocab.Len(), EmbedSize: d2l.ShapeOf(vectors)[1]}})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	X := d2l.NewTensor([][]int32{{vocab.Index("good"), vocab.Index("film")}})
	d2l.Must(net.Forward(X)) // It draws the parameters.
	d2l.Check(net.SetParameter("embedding0.weight", vectors))
	fmt.Println(d2l.ShapeOf(vectors), d2l.Must(net.Forward(X)).Value().([][][]float32)[0][1][:3])
	// Output: (4, 15) [0 0 0]
}
