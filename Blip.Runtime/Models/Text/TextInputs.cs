using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;

namespace Blip.Runtime.Models;

/// <summary>A run's texts on the device: ids padded on the right, their mask, and each text's image.</summary>
internal sealed class TextInputs(Device device, TextConfig config) : IDisposable
{
    private readonly GrowingBuffer<int> ids = new(device), mask = new(device), images = new(device), secondImages = new(device);
    private int rows, tokens;

    /// <summary>Refuses invalid texts.</summary>
    /// <exception cref="ArgumentException">There is none, one is empty or too long, or a token is outside the vocabulary.</exception>
    public void Check(IReadOnlyList<int[]> texts)
    {
        if (texts.Count == 0)
            throw new ArgumentException("There are no texts; give at least one.", nameof(texts));
        for (var row = 0; row < texts.Count; row++)
        {
            if (texts[row].Length == 0 || texts[row].Length > config.MaxPositions)
                throw new ArgumentException(
                    $"Text {row} has {texts[row].Length} tokens; the model takes 1 to {config.MaxPositions}.", nameof(texts));
            foreach (var token in texts[row])
            {
                if ((uint)token >= (uint)config.VocabularySize)
                    throw new ArgumentException(
                        $"Text {row} holds token {token}; the vocabulary has tokens 0 to {config.VocabularySize - 1}.", nameof(texts));
            }
        }
    }

    /// <summary>Copies checked texts to the device.</summary>
    public void Set(IReadOnlyList<int[]> texts, int[]? imageOf, int[]? secondImageOf = null)
    {
        (rows, tokens) = (texts.Count, texts.Max(text => text.Length));
        ids.Fill(Padded(texts, tokens, config.PadTokenId));
        mask.Fill(Padded([.. texts.Select(text => Enumerable.Repeat(1, text.Length).ToArray())], tokens, 0));
        images.Fill(imageOf ?? new int[rows]);
        if (secondImageOf is not null)
            secondImages.Fill(secondImageOf);
    }

    public TextSizes Sizes(ImageStates? states) => new(rows, tokens, states?.Images ?? 0, states?.Tokens ?? 0);

    public void Bind(Plan plan)
    {
        var length = (long)rows * tokens;
        plan.Bind(plan.Graph.Input(BlipGraphs.Ids), ids.View(length));
        plan.Bind(plan.Graph.Input(BlipGraphs.Mask), mask.View(length));
        BindRows(BlipGraphs.ImageRow, images);
        BindRows(ReasoningGraphs.SecondImageRow, secondImages);

        void BindRows(string name, GrowingBuffer<int> rowsOf)
        {
            if (plan.Graph.Inputs.Any(input => input.Name == name))
                plan.Bind(plan.Graph.Input(name), rowsOf.View(rows));
        }
    }

    /// <summary>Pads rows to one length <c>[rows, tokens]</c>.</summary>
    public static int[] Padded(IReadOnlyList<int[]> rows, int tokens, int padding)
    {
        var table = new int[rows.Count * tokens];
        Array.Fill(table, padding);
        for (var row = 0; row < rows.Count; row++)
            rows[row].CopyTo(table.AsSpan(row * tokens));
        return table;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ids.Dispose();
        mask.Dispose();
        images.Dispose();
        secondImages.Dispose();
    }
}

/// <summary>Sizes of a run over texts and images; 0 for none.</summary>
/// <param name="Rows">Texts.</param>
/// <param name="Tokens">Tokens of the longest.</param>
/// <param name="Images">Images.</param>
/// <param name="ImageTokens">Tokens of an image.</param>
internal readonly record struct TextSizes(int Rows, int Tokens, int Images, int ImageTokens)
{
    public IEnumerable<(string Symbol, int Size)> Symbols =>
        [("rows", Rows), ("tokens", Tokens), ("images", Images), ("image_tokens", ImageTokens)];
}
