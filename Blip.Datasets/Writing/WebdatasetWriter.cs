using System.Formats.Tar;
using Blip.Datasets.Files;

namespace Blip.Datasets.Writing;

/// <summary>Writes <c>SHARD.tar</c>. The same samples give the same bytes, on any machine and at any time.</summary>
internal sealed class WebdatasetWriter : IDatasetWriter
{
    private readonly string folder;
    private readonly string name;
    private readonly FileStream file;
    private readonly TarWriter tar;
    private readonly Keys.Unique keys = new(StringComparer.Ordinal);

    public WebdatasetWriter(string folder, string shard)
    {
        (this.folder, name) = (folder, ShardFiles.Checked(shard) + ".tar");
        file = new FileStream(Temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        tar = new TarWriter(file, TarEntryFormat.Ustar, leaveOpen: true);
    }

    private string Temporary => Path.Combine(folder, name + ShardFiles.Temporary);

    public Task WriteAsync(WrittenSample sample, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sample);
        cancellationToken.ThrowIfCancellationRequested();
        var image = sample.Image.Read();
        var members = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (extension, bytes) in sample.Members)
            members[SafeExtension(extension)] = bytes;
        members[ShardFiles.ExtensionOf(sample.Image, image)[1..]] = image;
        if (sample.Texts.Count > 0)
            members["txt"] = SampleJson.Bytes(sample.Texts[0].Text);
        members["json"] = SampleJson.Bytes(SampleJson.Of(sample));
        var key = keys.Next(Keys.Safe(sample.Key, withoutDots: true));
        foreach (var (extension, bytes) in members)
            Write($"{key}.{extension}", bytes);
        return Task.CompletedTask;
    }

    public async Task<IReadOnlyList<string>> CommitAsync(CancellationToken cancellationToken = default)
    {
        await tar.DisposeAsync().ConfigureAwait(false);
        file.Flush(flushToDisk: true);
        await file.DisposeAsync().ConfigureAwait(false);
        File.Move(Temporary, Path.Combine(folder, name), overwrite: true);
        return [name];
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await tar.DisposeAsync().ConfigureAwait(false);
            await file.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // A full disk may refuse the end of a discarded file.
        }
        ShardFiles.Delete(Temporary);
    }

    private static string SafeExtension(string extension) => Keys.Safe("a." + extension.Replace('/', '_').Replace('\\', '_'))[2..];

    // Ustar has room for 100 bytes, or more if a folder ends in the right place. GNU's extension holds any name, always in the same bytes.
    private void Write(string name, ReadOnlyMemory<byte> bytes)
    {
        TarEntry entry = FitsUstar(name)
            ? new UstarTarEntry(TarEntryType.RegularFile, name)
            : new GnuTarEntry(TarEntryType.RegularFile, name);
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        entry.Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        entry.DataStream = new MemoryStream(bytes.ToArray(), writable: false);
        tar.WriteEntry(entry);
    }

    private static bool FitsUstar(string name) => System.Text.Encoding.UTF8.GetByteCount(name) <= 100;
}
