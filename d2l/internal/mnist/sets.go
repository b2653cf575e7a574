package mnist

// FashionMNIST is by Xiao, Rasul and Vollgraf, 2017, under the MIT licence. The addresses are the authors' own and
// their repository.
var FashionMNIST = newSet("Fashion-MNIST", "fashion-mnist",
	"on Debian install it (apt install dataset-fashion-mnist)",
	"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
	"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
)

// MNIST is by LeCun, Cortes and Burges, 1998, under CC BY-SA 3.0. Their own address no longer serves the files; these
// are the usual mirrors.
var MNIST = newSet("MNIST", "mnist",
	"run scripts/setup of github.com/d2l-go/book, which gets it through the Go module proxy",
	"https://ossci-datasets.s3.amazonaws.com/mnist/",
	"https://storage.googleapis.com/cvdf-datasets/mnist/",
)

// sha256s has the SHA-256 of the uncompressed files, by data set and name.
var sha256s = map[string]map[string]string{
	"fashion-mnist": {
		"train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
		"train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
		"t10k-images-idx3-ubyte":  "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
		"t10k-labels-idx1-ubyte":  "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
	},
	"mnist": {
		"train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
		"train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
		"t10k-images-idx3-ubyte":  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
		"t10k-labels-idx1-ubyte":  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
	},
}

// setOf returns the folder of the data set that has a file of this SHA-256, or "".
func setOf(sum string) string {
	for folder, files := range sha256s {
		for _, known := range files {
			if known == sum {
				return folder
			}
		}
	}
	return ""
}
