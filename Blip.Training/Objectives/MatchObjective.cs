using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using Blip.Runtime.Graph.Backward;
using Blip.Runtime.Graph.Nodes;
using Blip.Runtime.Models;

namespace Blip.Training.Objectives;

/// <summary>Pairs of a batch.</summary>
/// <param name="Texts">Token ids of each image's text, from [CLS] to [SEP].</param>
/// <param name="Keys">The key of each image: pairs with the same key match.</param>
internal sealed record MatchBatch(IReadOnlyList<int[]> Texts, IReadOnlyList<int> Keys);

/// <summary>Hard negatives of a batch: pairs that do not match but look alike.</summary>
/// <param name="TextOfImage">A text's index for each image.</param>
/// <param name="ImageOfText">An image's index for each text.</param>
internal sealed record HardNegatives(IReadOnlyList<int> TextOfImage, IReadOnlyList<int> ImageOfText);

/// <summary>The state of a matching step while it runs.</summary>
internal sealed class MatchState
{
    /// <summary>Chooses the negatives once features are known, and fills the inputs of matching.</summary>
    public Action<Plan> Choose { get; set; } = _ => throw new InvalidOperationException("Nothing chooses the negatives.");

    /// <summary>Alpha, and the filling of the queue.</summary>
    public ContrastState Contrast { get; } = new();
}

/// <summary>The sizes and objectives of a matching step.</summary>
/// <param name="Side">The images' side in pixels.</param>
/// <param name="QueueSize">Features of earlier batches; 0 for none.</param>
/// <param name="Captions">Whether the decoder learns captions too, as in pre-training.</param>
/// <param name="LabelSmoothing">The share of a caption's target that is spread over the vocabulary.</param>
internal sealed record MatchSizes(int Side, int QueueSize, bool Captions, double LabelSmoothing);

/// <summary>
/// Image-text contrast (ITC) and image-text matching (ITM) with hard negatives. In pre-training a decoder adds language modelling (LM); it
/// shares all but self-attention with the encoder. BLIP (Li et al. 2022), sections 3.1 and 3.2, and the authors' <c>blip_retrieval.py</c>
/// and <c>blip_pretrain.py</c>.
/// </summary>
internal static class MatchObjective
{
    /// <summary>Texts alone.</summary>
    public static readonly TextNames Text = new("text");

    /// <summary>Texts over images: the pairs, each text with another image, each image with another text.</summary>
    public static readonly TextNames Match = new("match", SharesSource: true);

    public const string ImageFeatures = "image_features", TextFeatures = "text_features",
        ImageMomentum = "image_momentum", TextMomentum = "text_momentum", ImageQueue = "image_queue", TextQueue = "text_queue",
        Keys = "keys", QueueKeys = "queue_keys";

    public const string ImageToText = "itc_image", TextToImage = "itc_text", Matching = "itm";

    /// <summary>Records a step.</summary>
    public static StepGraph Record(BlipConfig config, MatchSizes sizes, MatchState state, ObjectiveSettings settings)
    {
        var g = new GraphBuilder(sizes.Captions ? "train-pretrain" : "train-match", sizes.Captions ? SharedKey : null);
        var towers = new StepTowers(g, config, settings.Noise);
        var parameters = new ParameterGradients(g, settings.Trains, settings.Precision);

        var image = towers.Vision(sizes.Side);
        var imageFeatures = towers.Project(image, "vision_proj");
        var textFeatures = towers.Project(towers.Encode(Text, null), "text_proj");
        g.Output(ImageFeatures, imageFeatures);
        g.Output(TextFeatures, textFeatures);
        var contrast = new Contrast(g, config, sizes, state.Contrast, parameters);
        var seeds = new List<(Value, Value)>
        {
            (imageFeatures, contrast.Record(ImageToText, imageFeatures, ImageMomentum, TextMomentum, TextQueue)),
            (textFeatures, contrast.Record(TextToImage, textFeatures, TextMomentum, ImageMomentum, ImageQueue)),
        };

        var source = towers.KeysValues(image, StepTowers.Encoder);
        var weights = g.Input(Match.Weights, new Shape(Match.Rows));
        var matched = Matched(g, config, source, state, weights, [imageFeatures, textFeatures], settings.Noise);
        seeds.Add((matched, towers.Loss(Matching, matched, g.Input(Match.Labels, weights.Shape, DType.Int32), weights, labelSmoothing: 0)));
        if (sizes.Captions)
            seeds.Add(towers.Decode(CaptionObjective.Text, source, null, null, sizes.LabelSmoothing));
        g.Gradients(seeds, parameters, settings.Checkpoints(config));
        return new StepGraph(g.Build(), parameters.Parameters, settings.Precision);
    }

    /// <summary>Records the momentum copies' features, without gradients.</summary>
    public static ComputeGraph RecordMomentum(BlipConfig config, int side)
    {
        var g = new GraphBuilder("momentum");
        var towers = new StepTowers(g, config);
        g.Output(ImageMomentum, towers.Project(towers.Vision(side), "vision_proj"));
        g.Output(TextMomentum, towers.Project(towers.Encode(Text, null), "text_proj"));
        return g.Build();
    }

    /// <summary>
    /// The tensor that a decoder's key means in pre-training. All but self-attention and the head is the encoder's, as in the authors'
    /// <c>tie_encoder_decoder_weights</c>.
    /// </summary>
    public static string SharedKey(string key)
    {
        const string Bert = "text_decoder.bert.";
        return key == CheckpointKeys.OutputMatrix ? "text_encoder.embeddings.word_embeddings.weight"
            : key.StartsWith(Bert, StringComparison.Ordinal) && !key.Contains(".attention.", StringComparison.Ordinal)
                ? $"text_encoder.{key[Bert.Length..]}"
                : key;
    }

    public static IEnumerable<(string Symbol, int Size)> Sizes(MatchBatch batch)
    {
        var (rows, tokens) = (batch.Texts.Count, batch.Texts.Max(text => text.Length));
        return
        [
            ("images", rows), (Text.RowsName, rows), (Text.TokensName, tokens), (Match.RowsName, 3 * rows), (Match.TokensName, tokens),
            (CaptionObjective.Text.RowsName, rows), (CaptionObjective.Text.TokensName, tokens - 1),
        ];
    }

    /// <summary>Copies texts to the device, for the step or the momentum copies.</summary>
    public static void BindTexts(Plan plan, StepInputs inputs, MatchBatch batch)
    {
        var tokens = batch.Texts.Max(text => text.Length);
        inputs.Bind(plan, Text.Ids, TextInputs.Padded(batch.Texts, tokens, 0));
        inputs.Bind(plan, Text.Mask, TextInputs.Padded(AnswerObjective.Mask(batch.Texts), tokens, 0));
    }

    /// <summary>
    /// Copies a batch without its negatives to the device. <paramref name="share"/> is the batch's share of the step times a scale.
    /// </summary>
    public static void Bind(Plan plan, StepInputs inputs, MatchBatch batch, TextConfig text, bool captions, double share = 1)
    {
        var (rows, tokens) = (batch.Texts.Count, batch.Texts.Max(ids => ids.Length));
        BindTexts(plan, inputs, batch);
        inputs.Bind(plan, Keys, [.. batch.Keys]);
        inputs.BindLater(plan, plan.Graph.Input(Match.Ids!), 3 * rows * tokens);
        inputs.BindLater(plan, plan.Graph.Input(Match.Mask!), 3 * rows * tokens);
        inputs.BindLater(plan, plan.Graph.Input(Match.SourceRow!), 3 * rows);
        inputs.Bind(plan, Match.Labels, [.. Enumerable.Range(0, 3 * rows).Select(row => row < rows ? 1 : 0)]);
        inputs.BindLater(plan, plan.Graph.Input(Match.Weights!), 3 * rows);
        if (!captions)
            return;
        List<int[]> written = [.. batch.Texts.Select(ids => (int[])[text.BosTokenId, .. ids[1..]])];
        var learned = written.Sum(ids => ids.Length - 1);
        CaptionObjective.BindTexts(
            plan, inputs, CaptionObjective.Text, written, given: 1, [.. written.Select(_ => (float)(share / learned))]);
    }

    /// <summary>Fills the inputs of matching: pairs, texts with other images, images with other texts.</summary>
    public static void Fill(StepInputs inputs, MatchBatch batch, HardNegatives negatives, TextConfig text, double share = 1)
    {
        var (rows, tokens) = (batch.Texts.Count, batch.Texts.Max(ids => ids.Length));
        var places = Enumerable.Range(0, rows).ToList();
        // A row without a negative does not count.
        int[] chosenTexts = [.. negatives.TextOfImage.Select((place, row) => place == NegativeSampler.None ? row : place)];
        int[] chosenImages = [.. negatives.ImageOfText.Select((place, row) => place == NegativeSampler.None ? row : place)];
        bool[] counts =
        [
            .. places.Select(_ => true), .. negatives.ImageOfText.Select(place => place != NegativeSampler.None),
            .. negatives.TextOfImage.Select(place => place != NegativeSampler.None),
        ];
        var weight = (float)(share / counts.Count(one => one));
        List<int[]> texts =
            [.. places.Concat(places).Concat(chosenTexts).Select(place => (int[])[text.EncoderTokenId, .. batch.Texts[place][1..]])];
        inputs.Fill(Match.Ids, TextInputs.Padded(texts, tokens, 0));
        inputs.Fill(Match.Mask, TextInputs.Padded(AnswerObjective.Mask(texts), tokens, 0));
        inputs.Fill(Match.SourceRow!, [.. places, .. chosenImages, .. places]);
        inputs.Fill(Match.Weights, [.. counts.Select(one => one ? weight : 0)]);
    }

    private static Value Matched(
        GraphBuilder g, BlipConfig config, IReadOnlyList<Value> source, MatchState state, Value weights, IReadOnlyList<Value> features,
        TrainingNoise? noise)
    {
        var shape = new Shape(Match.Rows, Match.Tokens);
        var (ids, mask) = (g.Input(Match.Ids, shape, DType.Int32), g.Input(Match.Mask, shape, DType.Int32));
        var row = g.Input(Match.SourceRow!, new Shape(Match.Rows), DType.Int32);
        g.Add(new HostNode("negatives", features, [ids, mask, row, weights], plan => state.Choose(plan)));
        var attention = new AttentionInputs { Noise = noise, Mask = mask, Source = source, SourceRow = row };
        var states = TextTower.Record(g, config.Text, ids, attention, StepTowers.Encoder);
        return g.Linear(g.SelectToken(states, null, StepTowers.Encoder / "first"), new ModulePath("itm_head"), 2);
    }

    private sealed class Contrast(GraphBuilder g, BlipConfig config, MatchSizes sizes, ContrastState state, ParameterGradients parameters)
    {
        private readonly Dictionary<string, Value> inputs = [];
        private readonly Value temperature = g.Parameter(new ModulePath(TrainedKeys.Temperature), new Shape());

        public Value Record(string name, Value features, string momentum, string other, string queue)
        {
            var dim = config.ImageTextHiddenSize;
            var batch = new Shape(features.Shape[0], dim);
            var losses = g.NewComputed(new ModulePath(name) / "losses", new Shape(features.Shape[0]));
            g.Output(StepGraph.LossOf(name), losses);
            return g.Add(new SoftTargetContrastNode(
                name, features, Input(momentum, batch), Input(other, batch),
                sizes.QueueSize == 0 ? null : Input(queue, new Shape(sizes.QueueSize, dim)),
                Input(Keys, new Shape(StepTowers.Images), DType.Int32),
                sizes.QueueSize == 0 ? null : Input(QueueKeys, new Shape(sizes.QueueSize), DType.Int32),
                temperature, parameters.Of(temperature), state, losses, g.NewComputed(new ModulePath(name) / "gradient", features.Shape)));
        }

        private Value Input(string name, Shape shape, DType type = DType.Float32)
        {
            if (!inputs.TryGetValue(name, out var value))
                inputs.Add(name, value = g.Input(name, shape, type));
            return value;
        }
    }
}
