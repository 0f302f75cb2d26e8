using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Blip.Verification.Cases;
using Blip.Verification.Operators;

namespace Blip.Tests.Kernels;

/// <summary>
/// The choice of vectors; that each operator is right with each width is shown by the operators' own tests (<see cref="Variants"/>).
/// </summary>
public class CpuVectorsTests
{
    [Fact]
    public void The_widest_is_taken_unless_a_narrower_one_is_named()
    {
        var widest = CpuVectorChoice.Available[0];
        Assert.Equal(widest, CpuVectorChoice.Resolve(CpuVectors.Auto, null));
        Assert.Equal(widest, CpuVectorChoice.Resolve(CpuVectors.Auto, ""));
        Assert.Equal(widest, CpuVectorChoice.Resolve(CpuVectors.Auto, "auto"));
        foreach (var vectors in CpuVectorChoice.Available)
        {
            Assert.Equal(vectors, CpuVectorChoice.Resolve(CpuVectors.Auto, vectors.ToString().ToUpperInvariant()));
            Assert.Equal(vectors, CpuVectorChoice.Resolve(vectors, "nothing"));
            using var device = Variants.OpenCpu(vectors);
            Assert.Equal(vectors, device.Description.Vectors);
            Assert.EndsWith($", {vectors.ToString().ToLowerInvariant()}", device.Name, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData("sse"), InlineData("2"), InlineData("avx2,avx512")]
    public void Another_word_is_refused_with_those_that_there_are(string word)
    {
        var message = Assert.Throws<DeviceException>(() => CpuVectorChoice.Resolve(CpuVectors.Auto, word)).Message;
        Assert.Contains($"BLIP_CPU is '{word}'", message, StringComparison.Ordinal);
        Assert.All(CpuVectorChoice.Available,
            vectors => Assert.Contains(vectors.ToString().ToLowerInvariant(), message, StringComparison.Ordinal));
        Assert.Contains("auto", message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_processor_lacks_is_refused()
    {
        var missing = Enum.GetValues<CpuVectors>().Except(CpuVectorChoice.Available).Except([CpuVectors.Auto]).Append((CpuVectors)9);
        foreach (var vectors in missing)
        {
            var message = Assert.Throws<ArgumentException>(() => Device.Open("cpu", new DeviceOptions { Vectors = vectors })).Message;
            Assert.Contains($"Vectors is {vectors}", message, StringComparison.Ordinal);
            Assert.Throws<DeviceException>(() => CpuVectorChoice.Resolve(CpuVectors.Auto, vectors.ToString()));
        }
    }

    // Each sum of a GEMM is one chain over k in one lane, whatever lies beside it; what adds up over a row does it in 16 lanes everywhere.
    [Fact]
    public void Every_width_gives_gemm_norms_and_log_softmax_the_same_bits()
    {
        // Machine code rounds inputs to bfloat16 where .NET's vectors do not.
        var isRounded = Variants.Widths.Any(vectors => GemmDot.Tiles(vectors, DType.BFloat16) is not null);
        var gemms = GemmCases.All.Where(gemm => !gemm.Large && !(isRounded && gemm.Format == DType.BFloat16)).ToList();
        var norms = NormalizationCases.Small.Concat(NormalizationCases.Real).ToList();
        var scores = ScoreCases.Small.Concat(ScoreCases.Real).ToList();
        var first = Run(Variants.Widths[0]);
        foreach (var vectors in Variants.Widths.Skip(1))
        {
            foreach (var (name, expected, actual) in first.Zip(Run(vectors), (one, other) => (one.Name, one.Values, other.Values)))
                Assert.True(expected.AsSpan().SequenceEqual(actual), $"{name} with {vectors}");
        }

        List<(string Name, float[] Values)> Run(CpuVectors vectors)
        {
            using var device = Variants.OpenCpu(vectors);
            return
            [
                .. gemms.Select(gemm => (gemm.ToString(), new GemmOperator(gemm).Run(device))),
                .. norms.Select(test => ($"layer norm {test}", new LayerNormOperator(test).Run(device))),
                .. norms.Select(test => ($"l2 norm {test}", new L2NormalizeOperator(test).Run(device))),
                .. scores.Select(test => (test.ToString(), LogSoftmax(device, test))),
            ];
        }

        static float[] LogSoftmax(Device device, ScoreCase test)
        {
            var (rows, sums) = SamplingRun.LogSoftmax(device, "cpu", test, test.Make());
            return [.. rows, .. sums];
        }
    }

    [Theory, InlineData("greedy", 1), InlineData("beam-3", 3)]
    public void Every_width_gives_the_demo_images_the_references_captions(string way, int beams)
    {
        var answers = Demo.Answers(way);
        foreach (var vectors in Variants.Widths)
        {
            using var device = Variants.OpenCpu(vectors);
            var source = ModelSource.Resolve(Demo.Model);
            using var model = CaptioningModel.Load(source, device);
            using var preprocessor = new ImagePreprocessor(device, source.Preprocessor.ToProcessing());
            using var generator = new Generator(device);
            var (text, side) = (model.Config.Text, model.Config.Vision.ImageSize);
            var specials = new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId);
            var pixels = model.Vision.PixelBuffer(Demo.Paths.Length, side, side);
            for (var i = 0; i < Demo.Paths.Length; i++)
                preprocessor.Write(ImageDecoder.Decode(Demo.Paths[i]),
                    pixels.SubView((long)i * preprocessor.OutputLength, preprocessor.OutputLength), Demo.Paths[i]);
            model.Encode(Demo.Paths.Length, side, side);

            var options = GenerationOptions.From(source.GenerationDefaults) with { MaxLength = 32, NumBeams = beams };
            var sequences = generator.Generate(
                model, [.. Demo.Paths.Select(_ => new[] { text.BosTokenId })], specials, options,
                cancellationToken: TestContext.Current.CancellationToken);
            for (var i = 0; i < answers.Count; i++)
                Assert.Equal(answers[i].Tokens, sequences[i][0].Tokens);
        }
    }
}
