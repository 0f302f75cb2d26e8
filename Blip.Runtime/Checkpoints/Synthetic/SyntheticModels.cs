namespace Blip.Runtime.Checkpoints;

/// <summary>Models without files: <c>synthetic:NAME</c>.</summary>
internal static class SyntheticModels
{
    private static readonly VisionConfig BaseVision = new();
    private static readonly TextConfig BaseText = new() { Heads = 12 };

    private static readonly Dictionary<string, BlipConfig> Configs = new()
    {
        // The two-layer model of the seed document.
        ["seed"] = new BlipConfig
        {
            Head = BlipHead.Model,
            Vision = BaseVision with { Layers = 2 },
            Text = BaseText with { Layers = 2 },
        },
        // The released sizes: ViT-B and ViT-L.
        ["base"] = new BlipConfig { Head = BlipHead.Captioning, Vision = BaseVision, Text = BaseText },
        ["large"] = new BlipConfig
        {
            Head = BlipHead.Captioning,
            Vision = BaseVision with { HiddenSize = 1024, IntermediateSize = 4096, Layers = 24, Heads = 16 },
            Text = BaseText,
        },
        // For tests. The random weights often produce the stop token.
        ["tiny-square"] = new BlipConfig
        {
            Head = BlipHead.Captioning,
            Vision = new() { HiddenSize = 32, IntermediateSize = 64, Layers = 2, Heads = 4, ImageSize = 24, PatchSize = 4 },
            Text = new()
            {
                HiddenSize = 32,
                IntermediateSize = 64,
                Layers = 2,
                Heads = 4,
                VocabularySize = 99,
                MaxPositions = 40,
                BosTokenId = 97,
                SepTokenId = 71,
            },
            ProjectionDim = 20,
            ImageTextHiddenSize = 12,
        },
        // Towers of different width, odd sizes.
        ["tiny-wide"] = new BlipConfig
        {
            Head = BlipHead.Captioning,
            Vision = new()
            {
                HiddenSize = 48,
                IntermediateSize = 80,
                Layers = 3,
                Heads = 3,
                ImageSize = 30,
                PatchSize = 5,
                LayerNormEps = 1e-6,
            },
            Text = new()
            {
                HiddenSize = 24,
                IntermediateSize = 56,
                Layers = 3,
                Heads = 2,
                VocabularySize = 131,
                LayerNormEps = 1e-5,
                MaxPositions = 48,
                BosTokenId = 129,
                SepTokenId = 77,
            },
            ProjectionDim = 28,
            ImageTextHiddenSize = 16,
        },
        // The released models' width of a head.
        ["tiny-head64"] = new BlipConfig
        {
            Head = BlipHead.Captioning,
            Vision = new() { HiddenSize = 128, IntermediateSize = 320, Layers = 2, Heads = 2, ImageSize = 40, PatchSize = 8 },
            Text = new()
            {
                HiddenSize = 128,
                IntermediateSize = 192,
                Layers = 2,
                Heads = 2,
                VocabularySize = 307,
                MaxPositions = 64,
                BosTokenId = 305,
                SepTokenId = 151,
            },
            ProjectionDim = 64,
            ImageTextHiddenSize = 32,
        },
    };

    public const string Prefix = "synthetic:";

    /// <summary>Without the prefix.</summary>
    public static IReadOnlyCollection<string> Names => Configs.Keys;

    /// <summary>The config of a name without the prefix.</summary>
    /// <exception cref="CheckpointException">There is no such model.</exception>
    public static BlipConfig Config(string name) =>
        Configs.TryGetValue(name, out var config)
            ? config
            : throw new CheckpointException(
                $"{Prefix}{name}: there is no such synthetic model; there are {string.Join(", ", Names.Select(known => Prefix + known))}.");
}
