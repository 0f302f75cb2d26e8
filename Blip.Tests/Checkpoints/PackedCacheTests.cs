using System.Security.Cryptography;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Checkpoints;

public sealed class PackedCacheTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string image = Demo.Sample("00.png");

    public PackedCacheTests() => SyntheticFolder.Write(SyntheticModels.Config("tiny-head64"), Model);

    private string Model => Path.Combine(folder.Path, "model");

    private string CacheFile => Path.Combine(Model, "model.fp32.blip-cache");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("cpu", Precision.Fp32, "model.fp32.blip-cache")]
    [InlineData("cpu", Precision.Bf16, "model.bf16.blip-cache")]
    [InlineData("cpu", Precision.Int8, "model.int8-fp32.blip-cache")]
    [InlineData("opencl", Precision.Fp32, "model.fp32.blip-cache")]
    [InlineData("opencl", Precision.Int8, "model.int8-fp32.blip-cache")]
    public void What_is_read_from_it_says_the_same(string device, Precision precision, string name)
    {
        Assert.SkipUnless(device == "cpu" || Devices.Has(device), $"no {device} device on this machine");
        var without = Say(new CaptionerOptions { Device = device, Precision = precision }, []);
        var file = Path.Combine(Model, name);
        Assert.False(File.Exists(file));
        var with = new CaptionerOptions { Device = device, Precision = precision, Cache = true };
        Assert.Equal(without, Say(with, []));
        var written = File.ReadAllBytes(file);
        var time = File.GetLastWriteTimeUtc(file);
        Assert.Equal(without, Say(with, []));
        Assert.Equal(time, File.GetLastWriteTimeUtc(file));
        // The other device has the same bytes, and nothing is left beside them.
        File.Delete(file);
        Say(with with { Device = "cpu" }, []);
        Assert.Equal(written, File.ReadAllBytes(file));
        Assert.Equal([file], Directory.GetFiles(Model, "*blip-cache*"));
    }

    [Fact]
    public void Any_changed_byte_is_found_and_the_file_written_anew()
    {
        FullRun.Only();
        var expected = Say(Cached, []);
        var valid = File.ReadAllBytes(CacheFile);
        var random = new Random(1);
        // Headers, tables, ends of matrices and anything between; padding between the pages says nothing and is not checked.
        var places = Enumerable.Range(0, 96).Concat(Enumerable.Range(0, 60).Select(_ => random.Next(96, 4096)))
            .Concat(Enumerable.Range(0, 60).Select(_ => random.Next(valid.Length)));
        foreach (var at in places)
        {
            var damaged = valid.ToArray();
            damaged[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(CacheFile, damaged);
            Assert.Equal(expected, Say(Cached, null));
            if (!File.ReadAllBytes(CacheFile).AsSpan().SequenceEqual(valid))
                Assert.Equal(0, valid[at]);
        }
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(95), InlineData(96), InlineData(4096), InlineData(-1), InlineData(-4097)]
    public void A_file_cut_short_is_written_anew(int length)
    {
        var expected = Say(Cached, []);
        var valid = File.ReadAllBytes(CacheFile);
        File.WriteAllBytes(CacheFile, valid[..(length < 0 ? valid.Length + length : length)]);
        Assert.Equal(expected, Say(Cached, ["written anew"]));
        Assert.Equal(valid, File.ReadAllBytes(CacheFile));
    }

    /// <summary>It is read and not mapped: another program's change of the file does not affect a running captioner.</summary>
    [Fact]
    public void A_file_that_is_cut_under_a_captioner_does_not_end_it()
    {
        var expected = Say(Cached, []);
        using var captioner = Captioner.Load(Model, Cached);
        Assert.Empty(captioner.Notices);
        File.WriteAllBytes(CacheFile, []);
        var caption = captioner.Caption(image, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected, $"{caption.Text} {caption.Score:R}");
    }

    /// <summary>Its header is right, and its table's checksum, too.</summary>
    [Theory]
    [InlineData("7FFFFFFF"), InlineData("FFFFFFFF"), InlineData("00000001"), InlineData("00000001 FF FF FF FF 7F"),
        InlineData("00000001 FF FF FF FF FF FF")]
    [InlineData("00000001 03 61"), InlineData("00000000 00"),
        InlineData("00000001 01 FF 00000000 00000001 00000001 FFFFFFFFFFFFFFFF 0000000000001000 d64a584c41bf53140000000000000000")]
    [InlineData("00000001 01 61 00000000 00000001 00000001 7FFFFFFFFFFFFFFF 0000000000001000 d64a584c41bf53140000000000000000")]
    public void A_table_that_was_forged_is_damage(string table)
    {
        var expected = Say(Cached, []);
        // Numbers are little-endian.
        var bytes = table.Split(' ').SelectMany(word => Convert.FromHexString(word).Reverse()).ToArray();
        var identity = File.ReadAllBytes(CacheFile).AsSpan(32, PackedIdentity.Length).ToArray();
        var packing = BitConverter.ToInt32(File.ReadAllBytes(CacheFile), 12);
        const int Length = 3 * PackedLayout.Page;
        byte[] file = [.. PackedLayout.Header(packing, identity, bytes, Length), .. bytes];
        Array.Resize(ref file, Length);
        File.WriteAllBytes(CacheFile, file);
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (var opened = PackedFile.Open(CacheFile, packing, identity, out var flaw))
        {
            Assert.Null(opened);
            Assert.Equal("is damaged", flaw);
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal(expected, Say(Cached, ["is damaged"]));
    }

    /// <summary><c>blip info</c> reports the same as a captioner finds.</summary>
    [Fact]
    public void A_part_that_was_zeroed_is_a_flaw()
    {
        Say(Cached, []);
        var bytes = File.ReadAllBytes(CacheFile);
        var last = bytes.AsSpan().LastIndexOfAnyExcept((byte)0);
        bytes.AsSpan((last / PackedLayout.Page * PackedLayout.Page)..).Clear();
        File.WriteAllBytes(CacheFile, bytes);
        var packing = BitConverter.ToInt32(bytes, 12);
        var source = ModelSource.Resolve(Model);
        using var tensors = source.OpenTensors();
        Assert.Equal("is damaged", new PackedCache(CacheFile, tensors, packing).Flaw());
        Say(Cached, ["is damaged"]);
    }

    [Fact]
    public void Other_weights_do_not_get_it()
    {
        Say(Cached, []);
        var weights = Path.Combine(Model, "model.safetensors");
        var time = File.GetLastWriteTimeUtc(weights);
        var bytes = File.ReadAllBytes(weights);
        System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(bytes.AsSpan(^4096..)).Reverse();
        File.WriteAllBytes(weights, bytes);
        // The same length and time, and other content in a place that is sampled.
        File.SetLastWriteTimeUtc(weights, time);
        var expected = Say(new CaptionerOptions { Device = "cpu" }, []);
        Assert.Equal(expected, Say(Cached, ["belongs to other weights"]));
        File.SetLastWriteTimeUtc(weights, time.AddSeconds(2));
        Assert.Equal(expected, Say(Cached, ["before they were changed"]));
        Assert.Equal(expected, Say(Cached, []));
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_a_notice()
    {
        // A folder of its name stands where the file would; permissions would not stop root.
        Directory.CreateDirectory(CacheFile);
        Assert.Equal(Say(new CaptionerOptions { Device = "cpu" }, []), Say(Cached, ["cannot be written"]));
        Assert.Empty(Directory.GetFiles(Model, "*unfinished*"));
    }

    [Fact]
    public void Several_at_once_do_not_disturb_each_other()
    {
        var expected = Say(new CaptionerOptions { Device = "cpu" }, []);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ => Assert.Equal(expected, Say(Cached, [])));
        Assert.Equal([CacheFile], Directory.GetFiles(Model, "*blip-cache*"));
    }

    [Fact]
    public void What_a_killed_process_left_is_cleared_away()
    {
        var (killed, older, others) = (
            $"{CacheFile}.{Guid.NewGuid():N}.tmp", $"{CacheFile}.unfinished-{Guid.NewGuid():N}", CacheFile + ".unfinished-notes");
        foreach (var file in (string[])[killed, older, others])
        {
            File.WriteAllText(file, "");
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddSeconds(-1));
        }
        var living = $"{CacheFile}.{Guid.NewGuid():N}.tmp";
        using (new FileStream(living, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            Say(Cached, []);
        Assert.False(File.Exists(killed));
        Assert.False(File.Exists(older));
        Assert.True(File.Exists(others));
        Assert.True(File.Exists(living));
    }

    [Fact]
    public async Task The_command_line_keeps_it_beside_the_model_or_in_a_folder()
    {
        var place = Directory.CreateDirectory(Path.Combine(folder.Path, "caches")).FullName;
        var expected = (await CliRun.Of("caption", image, "--model", Model, "--device", "cpu")).Succeeded();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(new CliRun(0, expected, ""),
                await CliRun.Of("caption", image, "--model", Model, "--device", "cpu", "--cache", place));
            Assert.StartsWith("model-", Path.GetFileName(Assert.Single(Directory.GetFiles(place))), StringComparison.Ordinal);
        }
        Assert.False(File.Exists(CacheFile));
        Assert.Equal(new CliRun(0, expected, ""), await CliRun.Of("caption", image, "--model", Model, "--device", "cpu", "--cache"));
        Assert.True(File.Exists(CacheFile));
        Assert.Contains($"Packed weights: {CacheFile}", (await CliRun.Of("info", Model)).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("\"flaw\": null", (await CliRun.Of("info", Model, "--format", "json")).Succeeded(), StringComparison.Ordinal);
        File.WriteAllText(CacheFile, "no such thing");
        Assert.Contains("is damaged", (await CliRun.Of("info", Model)).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("written anew", (await CliRun.Of("caption", image, "--model", Model, "--device", "cpu", "--cache")).Error,
            StringComparison.Ordinal);
        (await CliRun.Of("caption", "--cache", image)).Refused("--cache", "no such folder");
        Assert.Contains("made up",
            (await CliRun.Of("caption", image, "--model", "synthetic:tiny-square", "--device", "cpu", "--cache")).Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DType.Float32, "867ce8f6cdf9d8e4")]
    [InlineData(DType.Float16, "8ce312a77fff8f60")]
    [InlineData(DType.BFloat16, "75b0634257e24477")]
    [InlineData(DType.Int8, "065933f1135b8ae2")]
    [InlineData(DType.W8A8, "d64a584c41bf5314")]
    public void The_version_stands_for_these_bytes(DType format, string hash)
    {
        using var device = Blip.Kernels.Devices.Device.Open("cpu");
        using var weights = PackedWeights.Allocate(device, 70, 33, format);
        var rows = new float[70 * 33];
        SyntheticTensors.Fill("packed", 0, 1, rows);
        weights.Fill(0, rows);
        // Where packing gives other bytes, PackedWeights.LayoutVersion is raised and this line with it.
        Assert.Equal((1, hash), (PackedWeights.LayoutVersion, Convert.ToHexStringLower(SHA256.HashData(weights.Packed))[..16]));
    }

    private static CaptionerOptions Cached => new() { Device = "cpu", Cache = true };

    // Notices must hold these words; with null any notice goes.
    private string Say(CaptionerOptions options, string[]? notices)
    {
        using var captioner = Captioner.Load(Model, options);
        if (notices is not null)
        {
            Assert.All(captioner.Notices.Zip(notices), pair => Assert.Contains(pair.Second, pair.First, StringComparison.Ordinal));
            Assert.True(notices.Length == captioner.Notices.Count, string.Join('\n', captioner.Notices));
        }
        var caption = captioner.Caption(image);
        return $"{caption.Text} {caption.Score:R}";
    }
}
