using Blip.Kernels;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

public class PixelNormalizationTests
{
    private static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f], Std = [0.26862954f, 0.26130258f, 0.27577711f];

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Colours_come_apart_and_every_byte_is_looked_up(string id)
    {
        using var device = Devices.Open(id);
        const int Width = 37, Height = 29, Pixels = Width * Height;
        var bytes = new byte[3 * Pixels];
        new Random(1).NextBytes(bytes);
        var table = PixelNormalization.Table(1.0 / 255, Mean, Std);
        using var pixels = device.Upload<byte>(bytes);
        using var lookUp = device.Upload<float>(table);
        using var output = device.Allocate<float>(3 * Pixels);
        PixelNormalization.Run(device, pixels.View, lookUp.View, output.View, Width, Height);
        var answer = output.ToArray();
        for (var i = 0; i < answer.Length; i++)
            Assert.Equal(((float)(bytes[(3 * (i % Pixels)) + (i / Pixels)] * (1.0 / 255)) - Mean[i / Pixels]) / Std[i / Pixels], answer[i]);
    }

    [Fact]
    public void Steps_that_are_off_are_left_out()
    {
        Assert.Equal(200f, PixelNormalization.Table(null, [], [])[256 + 200]);
        Assert.Equal((float)(200 / 255.0), PixelNormalization.Table(1.0 / 255, [], [])[200], 6);
        Assert.Equal((200f - 3) / 2, PixelNormalization.Table(null, [1, 2, 3], [2, 2, 2])[512 + 200]);
        Assert.Throws<ArgumentException>(() => PixelNormalization.Table(1, [1], [1]));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var device = Device.Open("cpu");
        using var bytes = device.Allocate<byte>(12);
        using var table = device.Allocate<float>(PixelNormalization.TableLength);
        Assert.Contains("pixels", Assert.Throws<ArgumentException>(
            () => PixelNormalization.Run(device, bytes.View, table.View, table.View, 3, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("table", Assert.Throws<ArgumentException>(
            () => PixelNormalization.Run(device, bytes.View, table.View.SubView(1), table.View, 2, 2)).Message, StringComparison.Ordinal);
        Assert.Contains("output", Assert.Throws<ArgumentException>(() =>
            PixelNormalization.Run(device, bytes.View, table.View, table.View.SubView(0, 11), 2, 2)).Message, StringComparison.Ordinal);
    }
}
