using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Tests.Models;

/// <summary>A row of a batch has the same bits as alone, for any size of the batch and any place in it.</summary>
public class BatchInvarianceTests
{
    private const string Model = "tiny-head64";

    private static readonly GenerationOptions[] Ways =
    [
        new() { MaxLength = 14 },
        new() { MaxLength = 14, NumBeams = 3, NumReturnSequences = 2, RepetitionPenalty = 1.2f },
        new() { MaxLength = 14, DoSample = true, Seed = 7, TopP = 0.9f },
    ];

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Images_of_a_batch_have_the_bits_they_have_alone(string deviceId)
    {
        using var golden = new GoldenModel(Model, "captioning");
        using var device = Devices.Open(deviceId);
        using var model = CaptioningModel.Load(ModelSource.Resolve($"synthetic:{Model}"), device);
        using var generator = new Generator(device);
        var pixels = golden.Stored("pixel_values", out var shape);
        var (images, size) = ((int)shape[0], (int)shape[2]);
        var each = pixels.Length / images;
        var text = model.Config.Text;
        var specials = new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId);
        // Prompts of different lengths, too.
        int[][] prompts = [[text.BosTokenId], [text.BosTokenId, 17, 29, 60], [text.BosTokenId, 40], [text.BosTokenId, 9, 9]];

        var alone = Enumerable.Range(0, images).Select(image => Run([image])[0]).ToList();
        int[][] batches = [[0, 1, 2, 3], [3, 1, 0, 2], [2, 2, 2], [1, 3, 0, 2, 1, 0, 3]];
        foreach (var batch in batches)
        {
            var together = Run(batch);
            for (var i = 0; i < batch.Length; i++)
            {
                Assert.True(alone[batch[i]].Embeddings.AsSpan().SequenceEqual(together[i].Embeddings),
                    $"image {batch[i]} at {i} of {batch.Length}");
                Assert.Equal(alone[batch[i]].Captions, together[i].Captions);
            }
        }

        // Embeddings, and every caption with the bits of its score.
        List<(float[] Embeddings, List<string> Captions)> Run(int[] batch)
        {
            using (var upload = device.Upload<float>([.. batch.SelectMany(image => pixels.Skip(image * each).Take(each))]))
            {
                ILGPU.Runtime.ArrayViewExtensions.CopyTo(upload.View, device.Stream, model.Vision.PixelBuffer(batch.Length, size, size));
                device.Synchronize();
            }
            var view = model.Encode(batch.Length, size, size).Embeddings;
            using var copy = device.Allocate<float>(view.Length);
            ILGPU.Runtime.ArrayViewExtensions.CopyTo(view, device.Stream, copy.View);
            var embeddings = copy.ToArray().Chunk((int)(view.Length / batch.Length)).ToList();
            var captions = batch.Select(_ => new List<string>()).ToList();
            foreach (var options in Ways)
            {
                var sequences = generator.Generate(model, [.. batch.Select(image => prompts[image])], specials, options);
                for (var i = 0; i < batch.Length; i++)
                    captions[i].AddRange(sequences[i]
                        .Select(sequence => $"{string.Join(' ', sequence.Tokens)} ({BitConverter.DoubleToInt64Bits(sequence.Score):X})"));
            }
            return [.. embeddings.Zip(captions)];
        }
    }
}
