using Blip.Runtime.Files;

namespace Blip.Runtime.Checkpoints;

/// <summary>Opens weights in any container of BLIP's checkpoints. The content decides, not the file's name.</summary>
internal static class TensorFiles
{
    /// <summary>The first in a folder counts.</summary>
    private static readonly string[] Names =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    private static readonly string[] Extensions = [".safetensors", ".bin", ".pth", ".pt"];

    /// <summary>Opens a file, an index of several, or a folder's weights, under Hugging Face's names.</summary>
    /// <exception cref="CheckpointException">There are no weights, or they are damaged or unsafe.</exception>
    public static ITensorSource Open(string path)
    {
        var file = Directory.Exists(path)
            ? FindInFolder(path) ?? throw new CheckpointException(
                $"{path}: the folder holds no weights: none of {string.Join(", ", Names)}, and not exactly one file "
                    + $"*{string.Join(", *", Extensions)}.")
            : path;
        return RenamedTensorSource.Wrap(
            file.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase) ? new ShardedTensorSource(file) : OpenFile(file));
    }

    /// <summary>A folder's weight file or index; null for none, or for several of no known name.</summary>
    internal static string? FindInFolder(string folder)
    {
        if (Names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists) is { } known)
            return known;
        try
        {
            var others = Directory.EnumerateFiles(folder)
                .Where(file => Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)).Take(2).ToList();
            return others is [var only] ? only : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"{folder}: the folder cannot be read: {FailureReason.Of(e)}.", e);
        }
    }

    internal static ITensorSource OpenFile(string path)
    {
        var file = new MappedFile(path);
        try
        {
            var head = file.Head(64);
            if (OtherContent.IsPointer(head))
                throw file.Error(OtherContent.Objection(head)!);
            // A safetensors file begins with the length of its header, whose lowest byte may be "<".
            if (!SafetensorsFile.IsSafetensors(file) && head.TrimStart(" \t\r\n"u8).StartsWith("<"u8))
                throw file.Error("this is a web page, not a checkpoint; download the file again");
            if (TorchFile.IsZip(file))
                return new TorchFile(file);
            if (SafetensorsFile.IsSafetensors(file) || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
                return new SafetensorsFile(file);
            return TorchFile.IsPickle(file)
                ? new TorchFile(file)
                : throw file.Error("this is neither safetensors nor a checkpoint of torch.save");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
