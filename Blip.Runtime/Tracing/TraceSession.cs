using System.Globalization;
using System.Reflection;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Graph;
using Blip.Runtime.Imaging;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Runtime.Tracing;

/// <summary>The steps that traces of all heads are made of: image, generation, decoder, and the file's metadata.</summary>
/// <param name="host">The pipeline's host.</param>
/// <param name="model">The pipeline's model.</param>
internal sealed class TraceSession(PipelineHost host, BlipModel model)
{
    private readonly SortedSet<int> seen = [];
    private int promptTokens = 1;

    /// <summary>The tensors recorded so far.</summary>
    public TraceRecording Tensors { get; } = new();

    /// <summary>Uploads an image, records its pixels and the states of the image encoder, and encodes it as the pipeline does.</summary>
    /// <exception cref="ImageException">The image cannot be read; the message begins with its name.</exception>
    public ImageStates Image(ImageSource image)
    {
        host.WithImage(image, decoded => host.Upload([decoded], model.Vision.PixelBuffer, (_, error) => throw new ImageException(error)), CancellationToken.None);
        var (height, width) = (host.Preprocessor.Processing.Height, host.Preprocessor.Processing.Width);
        RecordVision(Tensors, model, 1, height, width);
        return model.Vision.Encode(1, height, width);
    }

    /// <summary>Records the images in a model's pixel buffer, and the states of the image encoder over them.</summary>
    /// <param name="tensors">Where to.</param>
    /// <param name="model">The model.</param>
    /// <param name="images">How many images.</param>
    /// <param name="height">Their height in pixels.</param>
    /// <param name="width">Their width in pixels.</param>
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

    /// <summary>Runs a plan and records its outputs.</summary>
    /// <param name="plan">The plan; it is disposed.</param>
    /// <param name="rename">The name of an output in the trace; null leaves it out.</param>
    public void Outputs(Plan plan, Func<string, string?> rename)
    {
        using (plan)
        {
            plan.Run();
            Tensors.AddOutputs(plan, rename);
        }
    }

    /// <summary>Writes a text token by token, and records the logits of each step where there is one text at a time.</summary>
    /// <returns>
    /// The tokens from the start token. The prompt alone where the model gave no token a probability: its states can still be recorded.
    /// </returns>
    public int[] Generate(ITextDecoder decoder, GenerationPlan plan, int[] prompt, CancellationToken cancellationToken)
    {
        promptTokens = prompt.Length;
        var steps = plan.Generation.NumBeams == 1;
        using var generator = new Generator(host.Device);
        var options = plan.Generation with { OutputLogits = steps, OutputAttentions = false };
        var sequences = generator.Generate(decoder, [prompt], plan.Specials, options, ends: plan.Ends, cancellationToken: cancellationToken);
        var sequence = sequences[0] is [var first, ..] ? first : new GeneratedSequence(prompt, double.NaN);
        if (steps && sequence.Logits is [_, ..] logits)
        {
            var name = plan.Generation.DoSample ? "sample.logits" : "greedy.logits";
            Tensors.Add(name, [.. logits.SelectMany(row => row)], 1, logits.Count, logits[0].Length);
        }
        return sequence.Tokens;
    }

    /// <summary>Records the decoder over the tokens that came out, and those tokens.</summary>
    /// <param name="plan">The decoder over them; it is disposed.</param>
    /// <param name="tokens">The tokens.</param>
    public void Decoder(Plan plan, int[] tokens)
    {
        Outputs(plan, output => output == DecoderGraphs.Logits ? TracePlace.Logits : output);
        Ids(TracePlace.Sequences, tokens);
        var (logits, vocabulary) = (Tensors.Find(TracePlace.Logits)!, model.Config.Text.VocabularySize);
        var steps = TraceStep.Of(tokens, promptTokens, Row, vocabulary);
        seen.UnionWith(steps.Select(step => step.Other));

        void Row(int row, Span<float> values) => logits.AsSpan(row * vocabulary, vocabulary).CopyTo(values);
    }

    /// <summary>Ends the trace.</summary>
    /// <param name="head">The model's head.</param>
    /// <param name="image">The image's name.</param>
    /// <param name="text">Prompt, question or text; null for none.</param>
    /// <param name="result">The result.</param>
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

    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
