package d2l

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/d2l-go/book/d2l/internal/files"
	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/gomlx/core/tensors"
)

// snliLabels are the names of the labels, by their numbers.
var snliLabels = []string{"entailment", "contradiction", "neutral"}

// ReadSNLI returns the pairs of sentences of SNLI, the Stanford Natural Language Inference corpus: premises[i],
// hypotheses[i], and labels[i], which is 0 for entailment, 1 for contradiction and 2 for neutral. It reads the file
// snli_1.0_train.txt, or else snli_1.0_test.txt, in a folder:
//
//	dir := d2l.Must(d2l.DownloadExtract("SNLI"))
//	premises, hypotheses, labels, err := d2l.ReadSNLI(dir, true)
//
// The first line names columns, which are divided by tabs; the first three of each other line are a label and two
// sentences, whose parentheses are removed. As in the book, pairs with the label - are left out, on which the authors
// did not agree. Empty lines are no pairs. Any other label is an error that names the line, and so are a line with less
// columns, a file without the line of names, and one without a pair.
//
// Book: read_snli, section "Natural Language Inference and the Dataset".
func ReadSNLI(dir string, isTrain bool) (premises, hypotheses []string, labels []int32, err error) {
	path := filepath.Join(dir, "snli_1.0_test.txt")
	if isTrain {
		path = filepath.Join(dir, "snli_1.0_train.txt")
	}
	file, err := files.Open(path)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("reading SNLI: %w; give the folder that DownloadExtract(\"SNLI\") returns", err)
	}
	defer file.Close()
	if premises, hypotheses, labels, err = readSNLI(file); err != nil {
		return nil, nil, nil, fmt.Errorf("the pairs of sentences in %s cannot be used: %w", path, err)
	}
	return premises, hypotheses, labels, nil
}

func readSNLI(r io.Reader) (premises, hypotheses []string, labels []int32, err error) {
	const layout = "expected a label and two sentences, divided by tabs"
	lines := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := lines.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, nil, nil, err
		}
		if !utf8.ValidString(line) {
			return nil, nil, nil, fmt.Errorf("line %d is not UTF-8: get the file again", number)
		}
		columns := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		switch {
		case number == 1:
			if columns[0] != "gold_label" {
				return nil, nil, nil, fmt.Errorf("line 1 is %.60q, expected the names of the columns, of which the first is "+
					"gold_label", columns[0])
			}
		case columns[0] == "-" || strings.TrimSpace(line) == "":
		case len(columns) < 3:
			return nil, nil, nil, fmt.Errorf("line %d has %d %s, %s", number, len(columns),
				plural("column", float64(len(columns))), layout)
		default:
			label := slices.Index(snliLabels, columns[0])
			if label < 0 {
				return nil, nil, nil, fmt.Errorf("line %d has the label %.60q, expected %s or -", number, columns[0],
					strings.Join(snliLabels, ", "))
			}
			premises, hypotheses = append(premises, withoutBrackets(columns[1])), append(hypotheses, withoutBrackets(columns[2]))
			labels = append(labels, int32(label))
		}
		if err == io.EOF {
			break
		}
	}
	if len(labels) == 0 {
		return nil, nil, nil, errors.New("there is none: " + layout + ", in each line after the first")
	}
	return premises, hypotheses, labels, nil
}

var brackets = strings.NewReplacer("(", "", ")", "")

// withoutBrackets returns the sentence of a parse, its tokens divided by single spaces.
func withoutBrackets(parse string) string {
	return strings.Join(strings.Fields(brackets.Replace(parse)), " ")
}

// LoadDataSNLI returns the pairs of ReadSNLI in batches, for training and for testing, and the vocabulary of the
// training pairs, in which <pad> is reserved: tokens that occur less than five times there are <unk>, in both. With the
// book's numbers:
//
//	trainIter, testIter, vocab, err := d2l.LoadDataSNLI(128, 50)
//
// The folder is the one that is given, or that of DownloadExtract("SNLI").
//
// The inputs of a batch are premises and hypotheses, int32 (batch, numSteps), each cut after numSteps tokens or filled
// up with <pad>, and y is int32 (batch). Training pairs are shuffled in each epoch, as Seed has it. Errors are those of
// DownloadExtract and ReadSNLI. It panics if batchSize or numSteps is not positive, and on
// more than one folder.
//
// Book: load_data_snli, section "Natural Language Inference and the Dataset".
func LoadDataSNLI(batchSize, numSteps int, dataDir ...string) (trainIter, testIter DataIter, vocab *Vocab, err error) {
	requireBatchSize("LoadDataSNLI", batchSize)
	if numSteps <= 0 {
		panic(fmt.Sprintf("d2l: LoadDataSNLI needs a positive number of steps, got %d", numSteps))
	}
	dir, err := givenFolder("LoadDataSNLI", dataDir, "SNLI")
	if err != nil {
		return nil, nil, nil, err
	}
	var sets [2]DataIter
	for i, isTrain := range []bool{true, false} {
		premises, hypotheses, labels, err := ReadSNLI(dir, isTrain)
		if err != nil {
			return nil, nil, nil, err
		}
		P, H := Tokenize(premises, "word"), Tokenize(hypotheses, "word")
		if isTrain {
			vocab = NewVocab(slices.Concat(P, H), 5, "<pad>")
		}
		inputs := []*tensors.Tensor{paddedLines(P, vocab, numSteps), paddedLines(H, vocab, numSteps)}
		sets[i] = LoadArrays(inputs, NewTensor(labels), batchSize, isTrain)
	}
	return sets[0], sets[1], vocab, nil
}

// PredictSNLI returns how a hypothesis relates to a premise, "entailment", "contradiction" or "neutral", by a net of
// the inputs and labels that LoadDataSNLI has. Both are tokens as they are there, such as he, is, good and ".", and those
// that the vocabulary does not have are <unk>. They are cut or filled up with <pad> to numSteps, which should be that of
// the training; if they are cut, standard error says so. With 0 they stay as many as they are, as in the book: for a net
// that pays no attention to padding, as a net may have learnt to count on it.
//
// A sentence without a token is an error, and so is a net that fails, or whose output is not (1, 3). It panics without a
// vocabulary, and if numSteps is negative.
//
// Book: predict_snli, section "Natural Language Inference: Using Attention".
func PredictSNLI(net *Net, vocab *Vocab, premise, hypothesis []string, numSteps int) (string, error) {
	requireMade(net, "PredictSNLI", "NewNet")
	requireMade(vocab, "PredictSNLI", "NewVocab")
	if numSteps < 0 {
		panic(fmt.Sprintf("d2l: PredictSNLI needs a number of steps, or 0 for those of the sentences, got %d", numSteps))
	}
	if len(premise) == 0 || len(hypothesis) == 0 {
		return "", fmt.Errorf("the premise has %d %s, and the hypothesis %d: give at least one in each", len(premise),
			plural("token", float64(len(premise))), len(hypothesis))
	}
	var inputs []*tensors.Tensor
	for _, sentence := range [][]string{premise, hypothesis} {
		steps := cmp.Or(numSteps, len(sentence))
		if len(sentence) > steps {
			report.WarnOnce(fmt.Sprintf("d2l: PredictSNLI reads the first %d tokens of %.60q and cuts off the rest", steps,
				strings.Join(sentence, " ")))
		}
		inputs = append(inputs, paddedLines([][]string{sentence}, vocab, steps))
	}
	yHat, err := net.Forward(inputs...)
	if err != nil {
		return "", err
	}
	if got, want := ShapeOf(yHat), (Shape{1, len(snliLabels)}); !slices.Equal(got, want) {
		return "", fmt.Errorf("the net's output is %v, expected %v, with a logit for each of %s", got, want,
			strings.Join(snliLabels, ", "))
	}
	label, err := Predict(yHat)
	if err != nil {
		return "", err
	}
	return snliLabels[label[0]], nil
}
