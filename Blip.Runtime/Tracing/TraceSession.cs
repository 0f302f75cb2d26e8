using System.Globalization;
using System.Reflection;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Graph;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Runtime.Tracing;

/// <summary>The shared steps of all heads' traces: image, generation, decoder, metadata.</summary>
internal sealed class TraceSession(PipelineHost host, BlipModel model)
{
    private readonly SortedSet<int> seen = [];
    private int promptTokens = 1;

    public TraceRecording Tensors { get; } = new();

    /// <summary>Uploads an image, records its pixels and the image encoder's states, and encodes it as the pipeline does.</summary>
    /// <exception cref="ImageException">The image cannot be read; the message begins with its name.</exception>
    public ImageStates Image(ImageSource image)
    {
        host.WithImage(image, decoded => Upload([decoded]), CancellationToken.None);
        return Encode(images: 1);
    }

    /// <summary>The same for images of one run, given as a clip's frames: they share one place in memory.</summary>
    /// <inheritdoc cref="Image" path="/exception"/>
    public ImageStates Frames(ImageSource clip) => Encode(host.WithImage(
        clip,
        decoded => Upload([.. decoded.Frames!.Select(frame => new DecodedImage(clip, frame, null))]).Count,
        CancellationToken.None));

    /// <summary>
    /// Records the images in a model's pixel buffer, and the image encoder's states over them. Height and width are in pixels.
    /// </summary>
    public static void RecordVision(TraceRecording tensors, BlipModel model, int images, int height, int width)
    {
        using var plan = model.Vision.Plan(RecordedOutputs.HiddenStates, images, height, width);
        tensors.Add("pixel_values", plan.ReadInput(BlipGraphs.Pixels), images, 3, height, width);
        plan.Run();
        tensors.AddOutputs(plan, output => output == BlipGraphs.ImageEmbeddings ? "vision.last_hidden_state" : output);
    }

    /// <summary>Records ids that the model reads.</summary>
    public void Ids(string name, IReadOnlyList<int> ids)
    {
        Tensors.AddIds(name, ids);
        seen.UnionWith(ids);
    }

    /// <summary>
    /// Runs a plan, records its outputs, and disposes it. Outputs that <paramref name="rename"/> maps to null are left out.
    /// </summary>
    public void Outputs(Plan plan, Func<string, string?> rename)
    {
        using (plan)
        {
            plan.Run();
            Tensors.AddOutputs(plan, rename);
        }
    }

    /// <summary>Writes a text token by token. Records each step's logits where there is one text at a time.</summary>
    /// <returns>
    /// The tokens from the start token. The prompt alone where no token had a probability: its states can still be recorded.
    /// </returns>
    public int[] Generate(ITextDecoder decoder, GenerationPlan plan, int[] prompt, CancellationToken cancellationToken)
    {
        promptTokens = prompt.Length;
        var steps = plan.Generation.NumBeams == 1;
        using var generator = new Generator(host.Device);
        var options = plan.Generation with { OutputLogits = steps, OutputAttentions = false };
        var sequences = generator.Generate(
            decoder, [prompt], plan.Specials, options, ends: plan.Ends, cancellationToken: cancellationToken);
        var sequence = sequences[0] is [var first, ..] ? first : new GeneratedSequence(prompt, double.NaN);
        if (steps && sequence.Logits is [_, ..] logits)
        {
            var name = plan.Generation.DoSample ? "sample.logits" : "greedy.logits";
            Tensors.Add(name, [.. logits.SelectMany(row => row)], 1, logits.Count, logits[0].Length);
        }
        return sequence.Tokens;
    }

    /// <summary>Records the generated tokens and the decoder over them, and disposes the plan.</summary>
    public void Decoder(Plan plan, int[] tokens)
    {
        Outputs(plan, output => output == DecoderGraphs.Logits ? TracePlace.Logits : output);
        Ids(TracePlace.Sequences, tokens);
        var (logits, vocabulary) = (Tensors.Find(TracePlace.Logits)!, model.Config.Text.VocabularySize);
        var steps = TraceStep.Of(tokens, promptTokens, Row, vocabulary);
        seen.UnionWith(steps.Select(step => step.Other));

        void Row(int row, Span<float> values) => logits.AsSpan(row * vocabulary, vocabulary).CopyTo(values);
    }

    /// <summary>Ends the trace. The text is the prompt, question or text; null for none.</summary>
    public ModelTrace End(BlipHead head, string image, string? text, string? result)
    {
        var (options, assembly) = (host.Options, typeof(TraceSession).Assembly);
        return new ModelTrace(Tensors, TraceMetadata.Of(
            [
                ("model", host.Source.Name),
                ("head", head.Name()),
                ("precision", Name(options.Precision)),
                ("encoder_precision", Name(options.EncoderPrecision ?? options.Precision.ForEncoder())),
                ("device", $"{host.Device.Description.Id} ({host.Device.Description.Name})"),
                ("compat", Name(options.Compat)),
                ("version", assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion),
                ("image", image),
                ("text", text),
                ("prompt_tokens", promptTokens.ToString(CultureInfo.InvariantCulture)),
                ("result", result),
            ],
            seen.ToDictionary(id => id, id => host.Tokenizer?.Decode([id], skipSpecial: false) ?? "")));
    }

    private List<int> Upload(IReadOnlyList<DecodedImage> images) =>
        host.Upload(images, model.Vision.PixelBuffer, (_, error) => throw new ImageException(error));

    private ImageStates Encode(int images)
    {
        var (height, width) = (host.Preprocessor.Processing.Height, host.Preprocessor.Processing.Width);
        RecordVision(Tensors, model, images, height, width);
        return model.Vision.Encode(images, height, width);
    }

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
