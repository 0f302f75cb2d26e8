using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Blip.Bench.Reporting;
using Blip.Bench.Workloads;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Commands;

internal sealed class QualityCommand : Command
{
    private static readonly (Precision Decoder, Precision Encoder)[] Mixes =
    [
        (Precision.Fp32, Precision.Fp32), (Precision.Fp16, Precision.Fp16), (Precision.Bf16, Precision.Bf16),
            (Precision.Bf16, Precision.Fp32),
        (Precision.Int8, Precision.Fp32), (Precision.Int8, Precision.Bf16), (Precision.Int8, Precision.Int8),
        (Precision.W8A8, Precision.Fp32), (Precision.Int8, Precision.W8A8), (Precision.W8A8, Precision.W8A8),
    ];

    private readonly TextWriter output;

    public QualityCommand(TextWriter output)
        : base("quality",
            "Compares the precisions: captions of the demo model with fp32's, and synthetic:base with the reference's answers in float64.")
    {
        this.output = output;
        SetAction(_ => Run());
    }

    private int Run()
    {
        var golden = Checkout.Path("Blip.Tests/Goldens/models/base/captioning", Name);
        using var tensors = new SafetensorsFile(Path.Combine(golden, "tensors.safetensors"));
        using var answers = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(golden, "golden.json")));
        var greedy = answers.RootElement.GetProperty("generate").EnumerateArray()
            .First(test => test.GetProperty("name").GetString() == "greedy");
        int[] caption = [.. greedy.GetProperty("sequences")[0].EnumerateArray().Select(token => token.GetInt32())];
        string[] images = [.. Directory.EnumerateFiles(Checkout.Path("weights/samples", Name), "*.png").Order(StringComparer.Ordinal)];
        var model = Checkout.Path("weights/captioning", Name);

        var side = ModelSource.Resolve("synthetic:base").Config.Vision.ImageSize;
        var pixels = new float[3 * side * side];
        SyntheticTensors.Fill("pixel_values", 0.1, 1, pixels);
        var expected = Say(model, images, Mixes[0]);
        // Every image with its caption and the next one's.
        var retrieval = Checkout.Path("weights/retrieval", Name);
        string[] texts = Texts(model, images);
        var matched = Match(retrieval, images, texts, Mixes[0]);
        output.WriteLine(
            $"demo: {images.Length} images, greedy and 3 beams, agreeing with fp32; base: synthetic:base against float64, error as a share "
                + $"of the root mean square; ITM: the largest difference of the matching head's probability from fp32's, "
                + $"{2 * images.Length} pairs of the demo");
        output.WriteLine(
            "| decoder | encoder | demo captions | demo tokens | demo ITM | base tokens | embeddings' error | logits' error | base "
                + "weights, MB |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var mix in Mixes)
        {
            var said = Say(model, images, mix);
            var captions = said.Zip(expected).Count(pair => pair.First.SequenceEqual(pair.Second));
            var tokens = said.Zip(expected).Sum(pair => Same(pair.First, pair.Second));
            var probability = Match(retrieval, images, texts, mix).Zip(matched).Max(pair => Math.Abs(pair.First - pair.Second));
            using var works = new BlipWorks(
                ModelSource.Resolve("synthetic:base"), new ModelOptions { Precision = mix.Decoder, EncoderPrecision = mix.Encoder });
            var memory = works.LoadedBytes;
            works.SetPixels(pixels, 1);
            var words = works.Caption(caption.Length - 1)[0];
            works.PrepareToken(caption);
            works.Token();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {Word(mix.Decoder)} | {Word(mix.Encoder)} | {captions} of {expected.Count} | {tokens} of "
                    + $"{expected.Sum(one => one.Length)} | {probability:E1} | {Same(words, caption.AsSpan(1))} of {words.Length} | "
                    + $"{EmbeddingsError(works.ReadEmbeddings()):E1} | {LogitsError(works.ReadLogits()):E1} | {memory / 1e6:F0} |"));
        }
        output.WriteLine(
            "embeddings' error of the reference itself in bf16: 1.3E-002; of ONNX Runtime's int8 (dynamic, 8 bits of both factors): "
                + "2.8E-002");
        return 0;

        // The goldens hold every ninth token of the embeddings, and every 61st logit of each token; the last token's are compared.
        double EmbeddingsError(float[] actual)
        {
            var expected = tensors.ReadAll("vision.last_hidden_state");
            var width = (int)tensors.Get("vision.last_hidden_state").Shape[^1];
            return Error(expected, i => actual[(i / width * 9 * width) + (i % width)]);
        }

        double LogitsError(float[] actual)
        {
            var width = (int)tensors.Get("lm.logits").Shape[^1];
            return Error(tensors.ReadAll("lm.logits")[^width..], i => actual[i * 61]);
        }
    }

    // The root mean square of the differences, as a share of the values'.
    private static double Error(float[] expected, Func<int, float> actual)
    {
        double squares = 0, size = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            var error = actual(i) - (double)expected[i];
            squares += error * error;
            size += (double)expected[i] * expected[i];
        }
        return Math.Sqrt(squares / size);
    }

    private static List<int[]> Say(string model, string[] images, (Precision Decoder, Precision Encoder) mix)
    {
        using var captioner = Captioner.Load(
            model, new CaptionerOptions { Device = "cpu", Precision = mix.Decoder, EncoderPrecision = mix.Encoder });
        CaptionOptions?[] ways = [null, new() { Generation = captioner.Defaults with { NumBeams = 3 } }];
        return [.. ways.SelectMany(way => images.Select(image => captioner.Caption(image, way).Tokens.ToArray()))];
    }

    private static string[] Texts(string model, string[] images)
    {
        using var captioner = Captioner.Load(model, new CaptionerOptions { Device = "cpu" });
        return [.. images.Select(image => captioner.Caption(image).Text!)];
    }

    private static List<double> Match(string model, string[] images, string[] texts, (Precision Decoder, Precision Encoder) mix)
    {
        using var matcher = Matcher.Load(
            model, new MatcherOptions { Device = "cpu", Precision = mix.Decoder, EncoderPrecision = mix.Encoder });
        return [.. images.SelectMany((image, i) =>
            matcher.Match(image, [texts[i], texts[(i + 1) % texts.Length]]).Select(match => (double)match.MatchProbability))];
    }

    private static int Same(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        var same = 0;
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
            same += a[i] == b[i] ? 1 : 0;
        return same;
    }

    private static string Word(Precision precision) => precision.ToString().ToLowerInvariant();
}
