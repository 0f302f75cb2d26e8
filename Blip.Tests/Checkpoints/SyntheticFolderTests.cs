using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Checkpoints;

public class SyntheticFolderTests
{
    [Theory]
    [InlineData("tiny-square")]
    [InlineData("tiny-wide")]
    [InlineData("tiny-head64")]
    public void It_is_the_model_that_needs_no_files(string name)
    {
        var config = SyntheticModels.Config(name);
        using var folder = new TemporaryFolder();
        SyntheticFolder.Write(config, folder.Path);

        var source = ModelSource.Resolve(folder.Path);
        Assert.Equal(config with { ProjectionDim = 512, ImageTextHiddenSize = 256 }, source.Config);
        using var file = source.OpenTensors();
        using var made = new SyntheticTensorSource(config, BlipHead.Captioning);
        Assert.Equal(made.Keys.Order(StringComparer.Ordinal), file.Keys);
        Assert.All(file.Keys, key => Assert.Equal(made.ReadAll(key), file.ReadAll(key)));
        using var captioner = Captioner.Load(source, new CaptionerOptions { Device = "cpu" });
        Assert.True(captioner.HasVocabulary);
    }
}
