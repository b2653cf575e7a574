package d2l

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/d2l-go/book/d2l/internal/report"
	"github.com/gomlx/gomlx/core/tensors"
)

// ReadIMDB reads reviews of films, those for training or those for testing, from the folder that
// DownloadExtract("aclImdb", "aclImdb") returns: labels[i] is 1 if data[i] is positive, and 0 if it is negative. A review is a
// file that ends with .txt in the folder pos or neg of train or test. Others are left out, as are the folder unsup and
// the files beside these. The positive ones come first, and each kind in the order of the files' names. A line break
// becomes a space. (The book deletes it, which makes one word of two.)
//
// A folder that is missing or has no review is an error, and so is a review that cannot be read, has no word, or is
// not in UTF-8.
//
// Book: read_imdb, section "Sentiment Analysis and the Dataset".
func ReadIMDB(dataDir string, isTrain bool) (data []string, labels []int32, err error) {
	part := "test"
	if isTrain {
		part = "train"
	}
	for i, sentiment := range []string{"pos", "neg"} {
		folder := filepath.Join(dataDir, part, sentiment)
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, nil, fmt.Errorf("finding reviews: %w; give the folder aclImdb, which has the folders train and "+
				"test, and these pos and neg", err)
		}
		before := len(data)
		for _, entry := range entries {
			if filepath.Ext(entry.Name()) != ".txt" {
				continue
			}
			path := filepath.Join(folder, entry.Name())
			review, err := readText(path)
			if err == nil && strings.TrimSpace(review) == "" {
				err = fmt.Errorf("there is no word in %s: remove it", path)
			}
			if err != nil {
				return nil, nil, fmt.Errorf("reading a review: %w", err)
			}
			review = strings.NewReplacer("\r\n", " ", "\n", " ").Replace(strings.TrimRight(review, "\r\n"))
			data, labels = append(data, review), append(labels, int32(1-i))
		}
		if len(data) == before {
			return nil, nil, fmt.Errorf("there is no review in %s: each is a file that ends with .txt", folder)
		}
	}
	return data, labels, nil
}

// LoadDataIMDB returns the batches of reviews of films, for training and for testing, and the vocabulary. They are
// downloaded as DownloadExtract does, about 80 MB, unless dataDir names a folder in the layout of ReadIMDB. The inputs
// X are int32 (batch, numSteps), the tokens of a review, and the labels y int32 (batch), 1 for a positive one and 0
// for a negative one. With the book's numbers:
//
//	trainIter, testIter, vocab, err := d2l.LoadDataIMDB(64, 500)
//
// Tokens are what is between white space. Those that occur less than five times in the training data are <unk>. A
// review of more than numSteps tokens is cut, and a shorter one filled up with <pad>, which is a reserved token. (The
// book's function does not reserve it, so it fills up with <unk>.) Reviews for training are shuffled in each epoch, as
// Seed has it.
//
// Errors are those of DownloadExtract and ReadIMDB. It panics unless both numbers are positive, and on more than one
// folder.
//
// Book: load_data_imdb, section "Sentiment Analysis and the Dataset".
func LoadDataIMDB(batchSize, numSteps int, dataDir ...string) (trainIter, testIter DataIter, vocab *Vocab, err error) {
	requireBatchSize("LoadDataIMDB", batchSize)
	if numSteps <= 0 {
		panic(fmt.Sprintf("d2l: LoadDataIMDB needs a positive number of steps, got %d", numSteps))
	}
	dir, err := givenFolder("LoadDataIMDB", dataDir, "aclImdb", "aclImdb")
	if err != nil {
		return nil, nil, nil, err
	}
	trainData, trainLabels, err := ReadIMDB(dir, true)
	if err != nil {
		return nil, nil, nil, err
	}
	testData, testLabels, err := ReadIMDB(dir, false)
	if err != nil {
		return nil, nil, nil, err
	}
	trainTokens, testTokens := Tokenize(trainData, "word"), Tokenize(testData, "word")
	vocab = NewVocab(trainTokens, 5, "<pad>")
	trainX, testX := paddedLines(trainTokens, vocab, numSteps), paddedLines(testTokens, vocab, numSteps)
	return LoadArray(trainX, tensors.FromValue(trainLabels), batchSize, true),
		LoadArray(testX, tensors.FromValue(testLabels), batchSize, false), vocab, nil
}

// PredictSentiment returns what a net that LoadDataIMDB's reviews have trained takes a text for, "positive" or
// "negative". Words are what is between white space, and those that vocab does not have are <unk>. They are cut or
// filled up with <pad> to numSteps, which should be that of the training. If they are cut, standard error says so.
// With 0 they stay as many as they are, as in the book, whose net then sees a text without padding for the first time.
//
// A text without a word is an error, and a net that fails or whose output is not (1, 2). It panics if numSteps is
// negative.
//
// Book: predict_sentiment, section "Sentiment Analysis: Using Recurrent Neural Networks".
func PredictSentiment(net *Net, vocab *Vocab, sequence string, numSteps int) (string, error) {
	requireMade(net, "PredictSentiment", "NewNet")
	requireMade(vocab, "PredictSentiment", "NewVocab")
	if numSteps < 0 {
		panic(fmt.Sprintf("d2l: PredictSentiment needs a number of steps, or 0 for those of the text, got %d", numSteps))
	}
	words := strings.Fields(sequence)
	if len(words) == 0 {
		return "", errors.New("there is no word in the text whose sentiment is to be predicted")
	}
	if numSteps == 0 {
		numSteps = len(words)
	}
	if len(words) > numSteps {
		report.WarnOnce(fmt.Sprintf("d2l: PredictSentiment reads the first %d words of %.60q and cuts off the rest",
			numSteps, sequence))
	}
	yHat, err := net.Forward(paddedLines([][]string{words}, vocab, numSteps))
	if err != nil {
		return "", err
	}
	if got := ShapeOf(yHat); !slices.Equal(got, Shape{1, 2}) {
		return "", fmt.Errorf("the net's output is %v, expected (1, 2), a logit for negative and one for positive", got)
	}
	class, err := Predict(yHat)
	if err != nil {
		return "", err
	}
	return []string{"negative", "positive"}[class[0]], nil
}
