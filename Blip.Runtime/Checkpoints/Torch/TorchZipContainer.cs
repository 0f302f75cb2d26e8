namespace Blip.Runtime.Checkpoints;

/// <summary>The container of torch 1.6 and later: a zip archive with NAME/data.pkl and NAME/data/KEY.</summary>
internal sealed class TorchZipContainer : ITorchContainer
{
    private const string PickleName = "/data.pkl";
    private const int LongestPickle = 8 << 20;

    private readonly StoredZip zip;
    private readonly string root;

    public TorchZipContainer(MappedFile file)
    {
        zip = new StoredZip(file);
        var pickles = zip.Names.Where(name => name.EndsWith(PickleName, StringComparison.Ordinal)).Take(2).ToList();
        if (pickles is not [var pickle])
            throw file.Error("this zip archive is no checkpoint of torch.save: it has not exactly one data.pkl");
        root = pickle[..^PickleName.Length];
        if (Bytes(file, $"{root}/byteorder", 16) is { } order && !order.Span.SequenceEqual("little"u8))
            throw file.Error("the checkpoint was saved on a big-endian machine, which is not supported");
        Root = new PickleReader(file, Bytes(file, pickle, LongestPickle)!.Value.Span).Read();
    }

    public object? Root { get; }

    public (long Offset, long Length)? Find(TorchStorage storage) => zip.Find($"{root}/data/{storage.Key}");

    private ReadOnlyMemory<byte>? Bytes(MappedFile file, string name, int longest)
    {
        if (zip.Find(name) is not var (offset, length))
            return null;
        return length <= longest
            ? file.Span(offset, (int)length).ToArray()
            : throw file.Error($"the archive's entry '{name}' is longer than {longest} bytes: this is no checkpoint of torch.save");
    }
}
