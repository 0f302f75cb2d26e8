using System.Text;
using Blip.Runtime.Checkpoints;
using CsCheck;

namespace Blip.Tests.Checkpoints;

public class SafetensorsFileTests
{
    [Fact]
    public void Runs_of_elements_are_read_from_any_place()
    {
        using var folder = new TemporaryFolder();
        using var file = new SafetensorsFile(
            folder.Write("x.safetensors", Make(
            """{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"__metadata__":{"format":"pt"}}""",
            [0x80, 0x3F, 0x00, 0xC0, .. new float[] { 1, 2, 3, 4, 5, 6 }.SelectMany(BitConverter.GetBytes)])));
        Assert.Equal(["a", "b"], file.Keys.Order());
        Assert.Equal([1, -2], file.ReadAll("b"));
        var run = new float[3];
        file.Read("a", 2, run);
        Assert.Equal([3, 4, 5], run);
        file.Read("a", 6, []);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read("a", 4, run));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read("a", -1, run));
        Assert.Throws<KeyNotFoundException>(() => file.Read("c", 0, run));
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}x""", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", "lacks")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", "lacks")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}""", "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", "shape")]
    [InlineData("""{"a":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}""", "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":{"format":1}}""", "'format' that is no text")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"__metadata__":"pt"}""", "no JSON object")]
    [InlineData("""{"a":[]}""", "no JSON object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", "whole numbers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", "whole numbers")]
    public void A_header_that_does_not_fit_is_refused(string header, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.safetensors", Make(header, new byte[4]));
        var error = Assert.Throws<CheckpointException>(() => new SafetensorsFile(path));
        Assert.Contains(path, error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void What_is_not_known_of_a_tensor_is_passed_over()
    {
        using var folder = new TemporaryFolder();
        using var file = new SafetensorsFile(folder.Write(
            "x.safetensors", Make(
                """{"a":{"dtype":"F32","more":{"b":[1]},"shape":[1],"data_offsets":[0,4]}}""", BitConverter.GetBytes(5f))));

        Assert.Equal([5], file.ReadAll("a"));
    }

    /// <summary>The lowest byte of the header's length is then "<", with which web pages begin.</summary>
    [Theory]
    [InlineData(60), InlineData(60 + 256), InlineData(15392)]
    public void A_header_of_any_length_is_no_web_page(int length)
    {
        using var folder = new TemporaryFolder();
        const string Header = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        var path = folder.Write("model.bin", Make(Header.PadRight(length), BitConverter.GetBytes(5f)));
        using var file = TensorFiles.Open(path);

        Assert.Equal([5], file.ReadAll("a"));
        var page = folder.Write("page.safetensors", "<!DOCTYPE html><html></html>");
        Assert.Contains("web page", Assert.Throws<CheckpointException>(() => TensorFiles.Open(page)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_bytes_break_it()
    {
        var valid = File.ReadAllBytes(Goldens.PathOf("tied-float16.safetensors"));
        Fuzz.Files(valid, 0, 8 + (int)BitConverter.ToInt64(valid), path =>
        {
            using var file = new SafetensorsFile(path);
            foreach (var key in file.Keys)
                file.ReadAll(key);
        });
    }

    [Fact]
    public void No_header_breaks_it()
    {
        var number = Gen.OneOf(
            Gen.Long[-2, 40].Select(n => n.ToString()), Gen.OneOf("9223372036854775807", "1e3", "null", "{}", "4294967296"));
        var numbers = number.Array[0, 3].Select(items => $"[{string.Join(",", items)}]");
        var entry = Gen.Select(Gen.OneOf("F32", "F16", "I64", "BOOL", "F8"), numbers, numbers,
            (type, shape, offsets) => $$"""{"dtype":"{{type}}","shape":{{shape}},"data_offsets":{{offsets}}}""");
        var header = entry.Array[0, 3].Select(entries => $"{{{string.Join(",", entries.Select((text, i) => $"\"{i}\":{text}"))}}}");
        using var folder = new TemporaryFolder();
        header.Sample(text => Fuzz.Refused(() =>
        {
            using var file = new SafetensorsFile(folder.Write("x", Make(text, new byte[16])));
            foreach (var key in file.Keys)
                file.ReadAll(key);
        }), iter: 3000, threads: 1);
    }

    private static byte[] Make(string header, byte[] data) =>
        [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. data];
}
