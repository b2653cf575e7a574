package d2l_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/d2l-go/book/d2l"
)

// houses returns a table in the layout of the competition's, made up: numbers, names and missing values, and the
// price. The competition's is the file of d2l.Download("kaggle_house_train").
func houses(n int) string {
	random := rand.New(rand.NewPCG(1, 0))
	table := "Id,MSZoning,LotArea,YearBuilt,SalePrice\n"
	for i := range n {
		zone, lot, year := random.IntN(3), 5000+random.IntN(10000), 1920+random.IntN(90)
		price := 40000*(1+zone) + 6*lot + 800*(year-1900) + random.IntN(5000)
		area := strconv.Itoa(lot)
		if i%20 == 3 {
			area = "NA"
		}
		table += fmt.Sprintf("%d,%s,%s,%d,%d\n", i+1, []string{"RM", "RL", "NA"}[zone], area, year, price)
	}
	return table
}

// encoded returns the features of a column: numbers with mean 0 and standard deviation 1, where missing ones are 0, or
// for each name, NA included, 0 or 1.
func encoded(column []string) (features [][]float32) {
	var mean, square, n float64
	for _, text := range column {
		if v, err := strconv.ParseFloat(text, 64); err == nil {
			mean, square, n = mean+v, square+v*v, n+1
		}
	}
	names := slices.Compact(slices.Sorted(slices.Values(column)))
	for _, text := range column {
		if n > 0 {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				v = mean / n
			}
			features = append(features, []float32{float32((v - mean/n) / math.Sqrt(square/n-mean*mean/n/n))})
			continue
		}
		row := make([]float32, len(names))
		row[slices.Index(names, text)] = 1
		features = append(features, row)
	}
	return features
}

// logRMSE is the root mean squared error of the logarithms of prices, in thousands.
func logRMSE(net *d2l.Net, features [][]float32, prices []float32) float64 {
	sum := 0.0
	for i, yHat := range d2l.Values[float32](d2l.Must(net.Forward(d2l.NewTensor(features)))) {
		sum += math.Pow(math.Log(math.Max(float64(yHat), 1))-math.Log(float64(prices[i])), 2)
	}
	return math.Sqrt(sum / float64(len(prices)))
}

// trainHouses trains a linear model and returns it.
func trainHouses(features [][]float32, prices []float32) *d2l.Net {
	net := d2l.NewNet(d2l.Dense{Units: 1})
	d2l.Check(net.Initialize(d2l.TryGPU(0), d2l.Xavier))
	trainer := d2l.Must(d2l.NewTrainer(net, d2l.Adam(5).WithWeightDecay(0))).WithLoss(d2l.MSELoss{})
	data := d2l.LoadArray(d2l.NewTensor(features), d2l.NewTensor(prices, len(prices), 1), 96, true)
	for range 40 {
		for range trainer.Steps(data, nil) {
		}
		d2l.Check(trainer.Err())
	}
	return net
}

// The book's section "Predicting House Prices on Kaggle", with a table that is made up: the columns are prepared, a
// linear model is validated on each third of the houses, and the prices of the last houses are predicted by one that
// has seen all others.
func Example_housePrices() {
	d2l.Seed(1)
	rows := d2l.Must(csv.NewReader(strings.NewReader(houses(384))).ReadAll())[1:]
	features, prices := make([][]float32, len(rows)), make([]float32, len(rows))
	for column := 1; column < len(rows[0])-1; column++ { // Without Id and SalePrice.
		var values []string
		for _, row := range rows {
			values = append(values, row[column])
		}
		for i, row := range encoded(values) {
			features[i] = append(features[i], row...)
		}
	}
	for i, row := range rows {
		prices[i] = float32(d2l.Must(strconv.ParseFloat(row[len(row)-1], 32)) / 1000)
	}
	fmt.Println(len(rows), "houses,", len(features[0]), "features")

	const k, numTrain = 3, 288
	valid := 0.0
	for i := range k {
		from, to := i*numTrain/k, (i+1)*numTrain/k
		others := slices.Concat(features[:from], features[to:numTrain])
		net := trainHouses(others, slices.Concat(prices[:from], prices[to:numTrain]))
		valid += logRMSE(net, features[from:to], prices[from:to]) / k
	}
	fmt.Printf("%d-fold validation: avg log rmse below 0.2: %v\n", k, valid < 0.2)

	net, submission := trainHouses(features[:numTrain], prices[:numTrain]), "Id,SalePrice\n"
	for i, price := range d2l.Values[float32](d2l.Must(net.Forward(d2l.NewTensor(features[numTrain:])))) {
		submission += fmt.Sprintf("%s,%.0f\n", rows[numTrain+i][0], 1000*price)
	}
	fmt.Println(strings.Count(submission, "\n"), "lines for Kaggle; log rmse below 0.2:",
		logRMSE(net, features[numTrain:], prices[numTrain:]) < 0.2)
	// Output:
	// 384 houses, 5 features
	// 3-fold validation: avg log rmse below 0.2: true
	// 97 lines for Kaggle; log rmse below 0.2: true
}
