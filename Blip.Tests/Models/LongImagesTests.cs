using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Models;

namespace Blip.Tests.Models;

/// <summary>Images of many patches: memory grows as their number does, not as its square.</summary>
public class LongImagesTests
{
    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Memory_is_linear_in_the_tokens_of_a_image(string id)
    {
        const int Grid = 48;
        using var device = Devices.Open(id);
        using var model = CaptioningModel.Load(ModelSource.Resolve("synthetic:tiny-head64"), device);
        var patch = model.Config.Vision.PatchSize;
        long Tokens(int grid) => 1 + ((long)grid * grid);
        long Workspace(int grid)
        {
            using var plan = model.VisionPlan(RecordedOutputs.Nothing, 1, grid * patch, grid * patch);
            return plan.WorkspaceBytes;
        }
        var (half, whole) = (Workspace(Grid / 2), Workspace(Grid));
        Assert.Equal(2305, Tokens(Grid));
        Assert.InRange((double)whole / half, 1, 1.02 * Tokens(Grid) / Tokens(Grid / 2));

        var before = device.AllocatedBytes;
        model.PixelBuffer(1, Grid * patch, Grid * patch);
        var embeddings = model.Encode(1, Grid * patch, Grid * patch).Embeddings;
        device.Synchronize();
        Assert.Equal(Tokens(Grid) * model.Config.Vision.HiddenSize, embeddings.Length);
        // One head's scores would take more than all that was allocated.
        Assert.InRange(device.AllocatedBytes - before, 1, Tokens(Grid) * Tokens(Grid) * sizeof(float));
    }
}
