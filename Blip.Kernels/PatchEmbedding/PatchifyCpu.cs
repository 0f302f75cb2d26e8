using Blip.Kernels.Devices;

namespace Blip.Kernels;

internal unsafe struct PatchifyCpu : ICpuOperator
{
    public float* Pixels, Patches;
    public RowTasks Rows;
    public int Channels, Height, Width, Patch;

    public readonly int Tasks => Rows.Tasks;

    public readonly void Run(int task)
    {
        var columns = Width / Patch;
        var perImage = columns * (Height / Patch);
        var lines = Channels * Patch;
        for (var i = Rows.First(task); i < Rows.End(task); i++)
        {
            var image = i / perImage;
            var gridRow = i % perImage / columns;
            var gridColumn = i % columns;
            for (var line = 0; line < lines; line++)
            {
                var from = (((((long)image * Channels) + (line / Patch)) * Height) + (gridRow * Patch) + (line % Patch)) * Width;
                RowMath.Copy(Pixels + from + ((long)gridColumn * Patch), Patches + ((((long)i * lines) + line) * Patch), Patch);
            }
        }
    }
}
