using Blip.Kernels;
using Blip.Kernels.Devices;

namespace Blip.Tests.Kernels;

/// <summary>The choice of tiles; that every tile gives the right bits is shown by <see cref="GemmTests"/>.</summary>
public sealed class TileTuningTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_winner_is_kept_and_read_and_what_is_damaged_is_tuned_anew()
    {
        var (origin, shape) = Choose("auto", folder.Path);
        Assert.Equal(TileOrigin.Tuned, origin);
        var file = Assert.Single(Directory.GetFiles(folder.Path));
        Assert.Matches(@"tile-[0-9a-f]{16}\.json$", file);
        var text = File.ReadAllText(file);
        Assert.Contains($"\"tile\": \"{TileChoice.Name(shape)}\"", text, StringComparison.Ordinal);

        // For any result of the tuner: it is not asked again.
        foreach (var other in (GemmShape[])[shape, GemmShape.Tile6x64, GemmShape.Tile12x32])
        {
            File.WriteAllText(file, Renamed(text, shape, other));
            Assert.Equal((TileOrigin.Cached, other), Choose("auto", folder.Path));
        }

        File.WriteAllText(file, text[..(text.Length / 2)]);
        Assert.Equal(TileOrigin.Tuned, Choose("auto", folder.Path).Origin);
        Assert.Equal(TileOrigin.Cached, Choose("auto", folder.Path).Origin);
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Each_format_of_weights_has_its_own()
    {
        Assert.Equal(TileOrigin.Tuned, Choose("auto", folder.Path).Origin);
        Assert.Equal(TileOrigin.Tuned, Choose("auto", folder.Path, format: DType.Int8).Origin);
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_no_error()
    {
        // Below a file no user can make a folder, with any rights.
        var below = Path.Combine(folder.Write("file", "words"), "blip");
        Assert.Equal(TileOrigin.Tuned, Choose("auto", below).Origin);
        Assert.Equal(TileOrigin.Tuned, Choose("auto", "").Origin);
        Assert.Equal(["file"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Small_products_and_off_are_not_tuned_and_a_name_is_obeyed()
    {
        GemmShape normal;
        using (var device = Devices.Open("opencl"))
            normal = GemmShapes.Default(device.Description);
        Assert.Equal((TileOrigin.Default, normal), Choose("auto", folder.Path, rows: 60));
        Assert.Equal((TileOrigin.Default, normal), Choose("off", folder.Path));
        foreach (var shape in Enum.GetValues<GemmShape>())
            Assert.Equal((TileOrigin.Forced, shape), Choose(TileChoice.Name(shape).ToUpperInvariant(), folder.Path));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Another_key_and_another_text_count_as_absent()
    {
        var key = TileKey.Of(Gpu, 128, DType.Float32);
        Assert.Null(TileCache.Read(folder.Path, key));
        TileCache.Write(folder.Path, key, GemmShape.Tile6x32);
        Assert.Equal(GemmShape.Tile6x32, TileCache.Read(folder.Path, key));
        TileKey[] others =
        [
            TileKey.Of(Gpu with { Driver = "12.9" }, 128, DType.Float32), TileKey.Of(Gpu with { Name = "other" }, 128, DType.Float32),
            TileKey.Of(Gpu with { Units = 9 }, 128, DType.Float32), TileKey.Of(Gpu with { Kind = DeviceKind.Cuda }, 128, DType.Float32),
            TileKey.Of(Gpu, 64, DType.Float32), TileKey.Of(Gpu, 128, DType.Int8), key with { Kernels = "9.9.9.9" },
        ];
        var file = TileCache.File(folder.Path, key);
        var text = File.ReadAllText(file);
        foreach (var other in others)
        {
            Assert.Null(TileCache.Read(folder.Path, other));
            // A file in the place of another key is not believed, either.
            File.Copy(file, TileCache.File(folder.Path, other));
            Assert.Null(TileCache.Read(folder.Path, other));
        }

        string[] damaged =
            ["", "{}", "[]", "1", "null", "{\"tile\": 3}", "{\"tile\": null}", text + "x",
                text.Replace("\"format\": 1", "\"format\": 0", StringComparison.Ordinal),
                text.Replace("6x32", "7x7", StringComparison.Ordinal)];
        foreach (var words in damaged)
        {
            Assert.NotEqual(text, words);
            File.WriteAllText(file, words);
            Assert.Null(TileCache.Read(folder.Path, key));
        }
    }

    [Fact]
    public void Who_reads_while_others_write_gets_a_whole_file()
    {
        var key = TileKey.Of(Gpu, 128, DType.Float32);
        TileCache.Write(folder.Path, key, GemmShape.Tile6x16);
        Parallel.For(0, 200, i =>
        {
            TileCache.Write(folder.Path, key, i % 2 == 0 ? GemmShape.Tile6x16 : GemmShape.Shared64x64);
            Assert.NotNull(TileCache.Read(folder.Path, key));
        });
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_device_is_described_by_what_is_known_of_it()
    {
        Assert.Equal("shared64x64, default", TileChoice.Describe(Gpu, null, folder.Path));
        Assert.Equal("6x16, default", TileChoice.Describe(Gpu with { IsProcessor = true }, "off", folder.Path));
        Assert.Equal("6x64, forced", TileChoice.Describe(Gpu, "6x64", folder.Path));
        TileCache.Write(folder.Path, TileKey.Of(Gpu, 128, DType.Float32), GemmShape.Tile6x32);
        TileCache.Write(folder.Path, TileKey.Of(Gpu, 128, DType.Int8), GemmShape.Tile12x32);
        Assert.Equal("float32 6x32, int8 12x32, tuned", TileChoice.Describe(Gpu, "auto", folder.Path));
        Assert.Equal("shared64x64, default", TileChoice.Describe(Gpu, "off", folder.Path));
        Assert.Equal("CUDA's own", TileChoice.Describe(Gpu with { Kind = DeviceKind.Cuda }, "auto", folder.Path));
        Assert.Equal("6x64, forced", TileChoice.Describe(Gpu with { Kind = DeviceKind.Cuda }, "6x64", folder.Path));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void The_candidates_hold_the_default(bool processor)
    {
        var device = Gpu with { IsProcessor = processor };
        Assert.Contains(GemmShapes.Default(device), TileTuner.Candidates(device));
        Assert.Equal(!processor, TileTuner.Candidates(device).Contains(GemmShape.Shared64x64));
    }

    [Theory, InlineData("huge"), InlineData("2"), InlineData("6x16,6x32"), InlineData("tile6x16")]
    public async Task Another_word_is_refused_with_those_that_there_are(string word)
    {
        Refused($"BLIP_TILE is '{word}'", Assert.Throws<DeviceException>(() => TileChoice.Resolve(null, word)).Message);
        Refused($"Tile is '{word}'", Assert.Throws<ArgumentException>(() => Device.Open("cpu", new DeviceOptions { Tile = word })).Message);
        Refused($"BLIP_TILE is '{word}'", await RefusedBy("devices", Switches.Tile, word));

        static void Refused(string start, string message) =>
            Assert.All(["auto", "off", "6x16", "6x32", "6x64", "12x32", "shared64x64", start],
                part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    // Also where no device is there that would ask.
    [Theory, InlineData(Switches.Tf32, "yes"), InlineData(Switches.WarpGroups, "2")]
    public async Task A_switch_of_cuda_is_1_or_0(string variable, string word)
    {
        Assert.True(Switches.Allows(true, variable));
        Assert.False(Switches.Allows(null, "BLIP_NOBODY_SET_THIS"));
        Assert.Contains($"{variable} is '{word}'; it may be 1", await RefusedBy("devices", variable, word), StringComparison.Ordinal);
    }

    // The tool's message about a refused variable.
    private static async Task<string> RefusedBy(string command, string variable, string word)
    {
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "blip.dll"), command])
        {
            RedirectStandardError = true,
        };
        start.Environment[variable] = word;
        using var process = System.Diagnostics.Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, process.ExitCode);
        return error;
    }

    private static DeviceDescription Gpu => new("opencl:0", DeviceKind.OpenCl, "A GPU", false, 1 << 30, 8) { Driver = "12.8" };

    private static string Renamed(string text, GemmShape shape, GemmShape other) =>
        text.Replace($"\"{TileChoice.Name(shape)}\"", $"\"{TileChoice.Name(other)}\"", StringComparison.Ordinal);

    // The tile of such a device for a product of 768 features, and its reason.
    private static (TileOrigin Origin, GemmShape Shape) Choose(string tile, string folder, int rows = 577, DType format = DType.Float32)
    {
        using var device = Devices.Open("opencl", new DeviceOptions { Tile = tile, TileFolder = folder });
        using var weights = PackedWeights.Allocate(device, 768, 768, format);
        weights.Upload();
        using var x = device.Allocate<float>(rows * 768);
        using var y = device.Allocate<float>(rows * 768);
        var args = new GemmArgs { X = x.View, Weights = weights, Y = y.View, Rows = rows };
        // The door asks by itself, and the second time it has the answer.
        if (tile is "auto" or "off")
            Gemm.Run(device, args);
        var (origin, buffers) = (TileChoice.Of(device).Origin, device.Allocations);
        var shape = TileChoice.Of(device).For(args);
        Assert.Equal((origin, buffers), (TileChoice.Of(device).Origin, device.Allocations));
        return (origin, shape);
    }
}
