using System.Formats.Tar;
using System.Text;
using Blip.Datasets;
using Blip.Datasets.Writing;

namespace Blip.Tests.Datasets;

/// <summary>Small data sets, and the samples read from them.</summary>
internal static class Shards
{
    /// <summary>The least that every reader takes for a JPEG file; readers here do not decode.</summary>
    public static byte[] Jpeg(string text) => [0xFF, 0xD8, 0xFF, .. Encoding.UTF8.GetBytes(text)];

    /// <summary>The least that every reader takes for a PNG file.</summary>
    public static byte[] Png(string text) => [0x89, (byte)'P', (byte)'N', (byte)'G', .. Encoding.UTF8.GetBytes(text)];

    /// <summary>A tar of some files.</summary>
    public static byte[] Tar(TarEntryFormat format, params IEnumerable<(string Name, byte[] Bytes)> files)
    {
        using var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, format, leaveOpen: true))
        {
            foreach (var (name, bytes) in files)
            {
                TarEntry entry = format switch
                {
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(TarEntryType.RegularFile, name),
                    _ => throw new ArgumentOutOfRangeException(nameof(format)),
                };
                entry.DataStream = new MemoryStream(bytes);
                tar.WriteEntry(entry);
            }
        }
        return stream.ToArray();
    }

    /// <summary>All samples of all shards of a source.</summary>
    public static async Task<List<Sample>> ReadAsync(string source, DatasetOptions? options = null)
    {
        var samples = new List<Sample>();
        foreach (var shard in Dataset.Open([source], options))
            samples.AddRange(await ReadAsync(shard));
        return samples;
    }

    /// <summary>All samples of a shard, whose indices are checked.</summary>
    public static async Task<List<Sample>> ReadAsync(IDatasetShard shard)
    {
        var samples = new List<Sample>();
        await foreach (var sample in shard.ReadAsync(TestContext.Current.CancellationToken))
        {
            Assert.Equal(samples.Count, sample.Index);
            samples.Add(sample);
        }
        return samples;
    }

    /// <summary>Checks that something is refused with a message that holds a text.</summary>
    public static void AssertRefused(string expected, Action action) =>
        Assert.Contains(expected, Assert.Throws<DatasetException>(action).Message, StringComparison.Ordinal);

    /// <summary>Checks that a shard cannot be read, and that the message holds a text.</summary>
    public static async Task AssertRefusedAsync(string expected, IDatasetShard shard) =>
        Assert.Contains(expected, (await Assert.ThrowsAsync<DatasetException>(() => ReadAsync(shard))).Message, StringComparison.Ordinal);

    /// <summary>A sample as one text: two are equal where these are.</summary>
    public static string Describe(Sample sample)
    {
        var image = sample.Image is null ? "none" : $"{sample.Image.Name} {Convert.ToHexString(sample.Image.Read())}";
        var members = sample.Members.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => $"{member.Key}={Convert.ToHexString(member.Value.Span)}");
        return string.Join(
            " | ", [sample.Key, image, .. sample.Texts, sample.Fields?.ToJsonString(), string.Join(' ', members), sample.Error]);
    }

    /// <summary>Writes samples as one shard, and returns the file.</summary>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        string format, string folder, string shard, params IEnumerable<WrittenSample> samples)
    {
        await using var writer = DatasetWriters.Create(format, folder, shard);
        foreach (var sample in samples)
            await writer.WriteAsync(sample, TestContext.Current.CancellationToken);
        return await writer.CommitAsync(TestContext.Current.CancellationToken);
    }
}
