using Blip.Bench.Measuring;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Bench.Workloads;

/// <summary>One model's works on one device in one precision. The model is loaded for the first case.</summary>
internal sealed class ModelCases(ModelSource source, string device, Precision precision) : IDisposable
{
    private const int CaptionTokens = 20;

    private static readonly int[] Contexts = [8, 20, 100];

    private readonly CaptionCost cost = new(source.Config, precision, precision.ForEncoder());
    private readonly Lazy<BlipWorks> works = new(() => new BlipWorks(source, new ModelOptions { Precision = precision }, device));
    private readonly Lazy<BlipWorks> drafted =
        new(() => new BlipWorks(source, new ModelOptions { Precision = precision, Draft = DraftMode.Int8 }, device));
    private readonly Dictionary<int, int[]> alone = [];

    private string Precision => precision.ToString().ToLowerInvariant();

    private BlipConfig Config => source.Config;

    /// <summary>
    /// Encoder, keys and values, and tokens: fractions of a second. The encoder is skipped if an earlier case has its weights.
    /// </summary>
    public IEnumerable<BenchCase> Parts(bool withEncoder)
    {
        if (withEncoder)
        {
            yield return Case("encoder", works =>
                CaptionCost.Prepared(cost.Encode(1), works.Encode, () => PreparedCase.Exact(works.ReadEmbeddings().All(float.IsFinite))));
            yield return Case("cross-attention's keys and values", works =>
            {
                works.Encode();
                return CaptionCost.Prepared(
                    cost.CrossKeysValues(1), works.CrossKeysValues, () =>
                        PreparedCase.Exact(works.ReadCrossKeysValues(Config.Text.Layers - 1).All(float.IsFinite)));
            });
        }
        foreach (var context in Contexts.Where(context => context <= Config.Text.MaxPositions))
        {
            yield return Case($"one token at context {context}", works =>
            {
                works.Encode();
                works.CrossKeysValues();
                works.PrepareToken(
                    [Config.Text.BosTokenId, .. Enumerable.Range(0, context - 1)
                    .Select(i => (1000 + (37 * i)) % Config.Text.VocabularySize)]);
                return CaptionCost.Prepared(
                    cost.Token(1, 1, context), works.Token, () => PreparedCase.Exact(works.ReadLogits().All(float.IsFinite)));
            });
        }
    }

    public IEnumerable<BenchCase> Encoders(IEnumerable<int> batches) =>
        from images in batches
        select Case($"encoder, batch {images}",
            works => CaptionCost.Prepared(
            cost.Encode(images), works.Encode, () => PreparedCase.Exact(works.ReadEmbeddings().All(float.IsFinite))), images);

    /// <summary>Whole captions. All images of a batch are the same. Their tokens must be the same, alone and in the batch.</summary>
    public IEnumerable<BenchCase> Captions(IEnumerable<(int Images, int Beams)> batches) =>
        from batch in batches
        let several = batch.Images > 1 ? $", batch {batch.Images}" : ""
        let name = $"caption of {CaptionTokens} tokens{several}{(batch.Beams > 1 ? $", {batch.Beams} beams" : "")}"
        select Case(name, works =>
        {
            int[][] said = [];
            return CaptionCost.Prepared(
                cost.Caption(batch.Images, batch.Beams, CaptionTokens), () => said = works.Search(CaptionTokens, batch.Beams), () =>
            {
                alone.TryAdd(batch.Beams, said[0]);
                return PreparedCase.Exact(said.All(tokens => tokens.Length == CaptionTokens && tokens.SequenceEqual(alone[batch.Beams])));
            });
        }, batch.Images);

    /// <summary>Whether these cases have a draft.</summary>
    public bool HasDraft => precision == Runtime.Models.Precision.Fp32 && !device.StartsWith("cuda", StringComparison.Ordinal);

    /// <summary>A draft's token, verifying runs, and a caption, which must equal the one without a draft.</summary>
    public IEnumerable<BenchCase> Drafted()
    {
        var context = Contexts[0];
        var draft = new CaptionCost(Config, Runtime.Models.Precision.Int8, Runtime.Models.Precision.Fp32).Token(1, 1, context);
        yield return Token("one token of the draft", draft, works => works.DraftToken());
        foreach (var count in Enumerable.Range(2, Lookahead.Most))
            yield return Token($"a run over {count} tokens",
                cost.Token(1, 1, context) with { Flops = count * cost.Token(1, 1, context).Flops }, works => works.Tokens(count));
        yield return Case($"caption of {CaptionTokens} tokens with a draft", works =>
        {
            int[][] said = [];
            var without = alone.GetValueOrDefault(1) ?? this.works.Value.Caption(CaptionTokens)[0];
            return CaptionCost.Prepared(cost.Caption(1, 1, CaptionTokens), () => said = works.Caption(CaptionTokens),
                () => PreparedCase.Exact(said[0].SequenceEqual(without)));
        }, drafted);

        BenchCase Token(string work, Cost cost, Action<BlipWorks> run) => Case($"{work} at context {context}", works =>
        {
            works.Encode();
            works.CrossKeysValues();
            works.PrepareToken(
                [Config.Text.BosTokenId, .. Enumerable.Range(0, context - 1).Select(i => (1000 + (37 * i)) % Config.Text.VocabularySize)]);
            return CaptionCost.Prepared(cost, () => run(works), () => PreparedCase.Exact(works.ReadLogits().All(float.IsFinite)));
        }, drafted);
    }

    /// <summary>Loading alone: files to packed weights on the device.</summary>
    public BenchCase Load(string work) => new(work, device, () =>
    {
        var open = Device.Open(device);
        return new PreparedCase
        {
            Run = () => CaptioningModel.Load(source, open, new ModelOptions { Precision = precision }).Dispose(),
            Owned = [open],
        };
    })
    {
        Precision = Precision,
    };

    /// <summary>A model's name without folders.</summary>
    public static string Name(ModelSource source) =>
        source.Folder is null ? source.Name : Path.GetFileName(Path.TrimEndingDirectorySeparator(source.Name));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var loaded in new[] { works, drafted }.Where(loaded => loaded.IsValueCreated))
            loaded.Value.Dispose();
    }

    private BenchCase Case(string work, Func<BlipWorks, PreparedCase> prepare, int images = 1) => Case(work, prepare, works, images);

    private BenchCase Case(string work, Func<BlipWorks, PreparedCase> prepare, Lazy<BlipWorks> of, int images = 1) =>
        new($"{Name(source)}: {work}", device, () =>
    {
        of.Value.SetPixels(Pixels(images), images);
        return prepare(of.Value);
    })
        {
            Precision = Precision,
        };

    private float[] Pixels(int images)
    {
        var random = new Random(1);
        var side = Config.Vision.ImageSize;
        float[] image = [.. Enumerable.Range(0, 3 * side * side).Select(_ => (random.NextSingle() * 4) - 2)];
        return [.. Enumerable.Repeat(image, images).SelectMany(pixels => pixels)];
    }
}
