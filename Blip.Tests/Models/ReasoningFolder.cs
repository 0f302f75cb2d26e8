using Blip.Runtime.Checkpoints;

namespace Blip.Tests.Models;

/// <summary>The golden's small model for pairs of images as a folder with made-up weights and a vocabulary.</summary>
internal sealed class ReasoningFolder : IDisposable
{
    private static readonly string[] Words =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "both", "images", "show", "the", "left", "one", "is", "red", "star", "there",
            "are", "two", "shapes", "right"];

    private readonly TemporaryFolder folder = new();

    public ReasoningFolder()
    {
        folder.Write("config.json", File.ReadAllBytes(GoldenModel.Folder("heads", "nlvr.config.json")));
        var words = Enumerable.Range(0, ReasoningModelTests.Config.Text.VocabularySize).Select(
            id => id < Words.Length ? Words[id] : $"word{id}").ToArray();
        (words[^2], words[^1]) = ("[DEC]", "[ENC]");
        folder.Write("vocab.txt", string.Join('\n', words) + '\n');
        using var tensors = new SyntheticTensorSource(ReasoningModelTests.Config, BlipHead.VisualReasoning);
        using var file = File.Create(System.IO.Path.Combine(folder.Path, "model.safetensors"));
        SafetensorsWriter.Write(file, tensors, [.. tensors.Keys]);
    }

    public string Path => folder.Path;

    public void Dispose() => folder.Dispose();
}
